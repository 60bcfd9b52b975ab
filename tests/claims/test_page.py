"""thresher.claims.page: opens from a file, says what was found, fits a phone."""

import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_claims import tiny_claim

from thresher.claims.claim import Listen
from thresher.claims.running import page_of, run_claims
from thresher.claims.units import Found, measure_unit

sys.path.insert(0, str(Path(__file__).parents[1] / "release"))
from release_browser import CHROMIUM, chromium


@pytest.fixture
def page(workspace, tmp_path, monkeypatch):
    """A trained claim's page; to spare a kernel's compilation its clips are made up."""

    def with_sound(workspace, unit):
        found = measure_unit(workspace, unit)
        tone = np.sin(np.arange(4000, dtype=np.float32) * 0.1) * np.float32(0.5)
        return Found(**{**vars(found), "clips": [tone], "sample_rate": 4000})

    monkeypatch.setattr("thresher.claims.running.measure_unit", with_sound)
    claim = tiny_claim(tmp_path, steps=8, above=-9.0)
    assert claim.arms[0].listen == Listen()
    run_claims(workspace, [claim], seeds=2)
    return page_of(workspace, "tiny")


def test_a_page_says_what_was_found_and_how_sure_that_is(page):
    html = page.read_text()
    for heading in (
        "Verdict",
        "What was measured",
        "While learning",
        "How it sounds",
        "The experiment",
        "Time and machine",
        "What would decide it",
    ):
        assert f"<h2>{heading}" in html or f">{heading}</h2>" in html
    assert "above -9" in html
    assert html.count("<audio") == 2
    assert "changed: relu-on-logits" in html


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_opens_from_a_file_and_fits_the_width(page, tmp_path, width):
    with chromium(tmp_path / "profile") as tab:
        tab.open(page.as_uri(), width=width, height=800)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        wide = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
        assert tab.evaluate(wide) == 0
        assert not tab.complaints()
        assert all(url.startswith(("file:", "data:", "about:")) for url in tab.requests())
