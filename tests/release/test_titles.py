"""thresher.release.titles: text from outside becomes one printable line, and nothing worse."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.errors import ThresherError
from thresher.release.titles import clean_text, required_text

anything = st.text(st.characters(exclude_categories=[]))


@given(anything)
def test_cleaned_text_fits_utf8_xml_and_json_and_stays_one_line(text):
    cleaned = clean_text(text)
    element = ElementTree.Element("title")
    element.text = cleaned

    assert ElementTree.fromstring(ElementTree.tostring(element)).text in (cleaned, None)
    assert json.loads(json.dumps(cleaned)) == cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert len(cleaned.splitlines()) <= 1
    assert "\x00" not in cleaned


@given(anything)
def test_cleaning_twice_changes_nothing_more(text):
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.parametrize(
    "title", ["Für Elise", "海 — 空", "«Ångström»", "שלום", "A & B <3", "👩‍🎤"]
)
def test_honest_titles_pass_untouched(title):
    assert clean_text(title) == title


@pytest.mark.parametrize("title", ["", "  ", "\x00\x07", "\u202e", "\ud800"])
def test_a_title_without_a_readable_letter_is_refused(title):
    with pytest.raises(ThresherError, match="no readable letter"):
        required_text(title, "title")
