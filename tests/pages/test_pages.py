"""thresher.pages: everything is inside the file, and hostile texts stay texts."""

import re

import numpy as np
import pytest
from markupsafe import Markup

from thresher.errors import ThresherError
from thresher.pages import Section, badge, drawing, new_figure, prose, sound, table, write_page

HOSTILE = '<script>alert(1)</script>" onload="x'


def test_a_page_asks_for_nothing_outside_itself(tmp_path):
    figure = new_figure()
    figure.axes[0].plot([0, 1], [1, 0])
    tone = np.sin(np.arange(800) * 0.1) * 0.5
    body = Markup("").join([drawing(figure, alt="a line"), sound(tone, 8_000, "a tone")])
    write_page(tmp_path / "deep" / "page.html", title="T", lead="L", sections=[Section("S", body)])

    html = (tmp_path / "deep" / "page.html").read_text()
    assert "audio/flac" in html
    assert "image/svg+xml" in html
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", html)


def test_hostile_texts_are_shown_and_never_run(tmp_path):
    figure = new_figure()
    body = Markup("").join(
        [
            prose(HOSTILE),
            badge(HOSTILE, "bad"),
            table([HOSTILE], [[HOSTILE]]),
            drawing(figure, alt=HOSTILE, caption=HOSTILE),
        ]
    )
    write_page(
        tmp_path / "p.html", title=HOSTILE, lead=HOSTILE, sections=[Section(HOSTILE, body)] * 2
    )

    html = (tmp_path / "p.html").read_text()
    assert "<script>alert" not in html
    assert 'onload="x' not in html


def test_a_script_cannot_close_its_element(tmp_path):
    write_page(
        tmp_path / "p.html", title="T", lead="L", sections=[], scripts=["const a = '</script>';"]
    )

    assert (tmp_path / "p.html").read_text().count("</script>") == 1


def test_the_same_drawing_is_the_same_bytes():
    def once():
        figure = new_figure(rows=2)
        figure.axes[1].plot([0, 1, 4])
        return drawing(figure, alt="curve")

    assert once() == once()


@pytest.mark.parametrize("samples", [np.zeros(0), np.array([0.0, np.nan])])
def test_a_sound_that_cannot_be_played_is_refused(samples):
    with pytest.raises(ThresherError, match="cannot be played"):
        sound(samples, 8_000, "")
