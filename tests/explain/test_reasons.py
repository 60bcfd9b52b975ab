"""thresher.explain.reasons: settings and notes as HTML, whatever stands in them."""

import pytest

from thresher.explain.reasons import markdown, notes_of, settings_section
from thresher.explain.subject import Group
from thresher.models import FAMILIES
from thresher.settings import Explanation


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_notes_of_a_family_leave_no_mark_behind(family):
    html = notes_of(family)
    assert html.startswith("<h3>")
    assert "`" not in html
    assert "**" not in html
    assert "<pre>" in html


def test_code_that_spans_an_empty_line_is_one_block():
    assert markdown("    a\n\n    b <\n\ntext") == "<pre>a\n\nb &lt;</pre>\n<p>text</p>"


def test_tables_and_marks_are_read():
    html = markdown("| a | b |\n|---|---|\n| `x*y*` | **z** |")
    assert "<td><code>x*y*</code></td><td><strong>z</strong></td>" in html
    assert "---" not in html


def test_hostile_texts_are_shown_and_never_run():
    evil = "<script>alert(1)</script>"
    setting = Explanation(name="x", default=evil, unit=evil, why=evil, source=evil)
    for html in (settings_section([Group(evil, (setting,), {"x": 1})]), markdown(f"# {evil}")):
        assert "<script>" not in html


def test_a_value_beside_its_default_shows_both():
    setting = Explanation(name="dim", default=64, unit="channels", why="wide", source="paper")
    html = settings_section([Group("net", (setting,), {"dim": 1024})])
    assert "<strong>64</strong>" in html
    assert "(default 1,024)" in html
    assert "default" not in settings_section([Group("net", (setting,), {"dim": 64})])
