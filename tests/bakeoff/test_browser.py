"""The blind page in a real browser: rate, leave, come back, save."""

import json

import pytest
from release_browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

SAVED = """(async () => {
  let found;
  URL.createObjectURL = (blob) => { found = blob; return "#saved"; };
  HTMLAnchorElement.prototype.click = () => {};
  document.getElementById("save").click();
  return await found.text();
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def visit(page, workspace, contest, width):
    page.open((workspace.bakeoff(contest.name) / "blind.html").as_uri(), width=width, height=900)


def rate(page, clip, value):
    page.evaluate(f"document.querySelectorAll('input[name=clip-{clip}]')[{value - 1}].click()")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_no_wider_than_its_window(page, workspace, contest, width):
    visit(page, workspace, contest, width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_votes_are_remembered_and_saved(page, workspace, contest):
    visit(page, workspace, contest, 390)
    assert page.evaluate("document.getElementById('count').textContent") == "0 of 9 clips rated."
    rate(page, "02", 4)
    rate(page, "05", 1)
    visit(page, workspace, contest, 390)

    assert page.evaluate("document.getElementById('count').textContent") == "2 of 9 clips rated."
    saved = json.loads(page.evaluate(SAVED))
    assert saved["votes"] == {"02": 4, "05": 1}
    key = json.loads((workspace.bakeoff(contest.name) / "key.json").read_text())
    assert saved["listening"] == key["listening"]


def test_every_clip_can_be_played(page, workspace, contest):
    visit(page, workspace, contest, 1280)

    lengths = page.evaluate(
        "Promise.all([...document.querySelectorAll('audio')].map((a) => new Promise((done) => {"
        "a.onloadedmetadata = () => done(a.duration); a.preload = 'metadata'; a.load(); })))"
    )
    assert lengths == pytest.approx([2.0] * 9, abs=0.01)
