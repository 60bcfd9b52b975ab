"""The page in a real browser, opened as file://, phone-sized and desktop-sized."""

import re

import pytest
from release_browser import CHROMIUM, chromium

from thresher.explain import explain_page
from thresher.explain.reach import reach
from thresher.models import FAMILIES

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
NAMES = [family.name for family in FAMILIES]
SAYS = "document.getElementById('{}').textContent"
PIXELS = "document.getElementById('{}').toDataURL()"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def explained(subject_of, excerpt, tmp_path_factory):
    """A small network of every family, and its page."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    for name in NAMES:
        found[name] = subject_of(name), folder / f"{name}.html"
        explain_page(found[name][1], found[name][0], excerpt)
    return found


@pytest.fixture
def visit(page, explained):
    """Open a family's page in a size; what it explains."""

    def go(name, size):
        subject, path = explained[name]
        page.events.clear()
        width, height = SIZES[size]
        page.open(path.as_uri(), width=width, height=height, scheme="light")
        return subject

    return go


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_the_page_opens_whole_without_complaint_network_or_overflow(page, visit, name, size):
    subject = visit(name, size)
    page.wait_for("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")

    assert page.complaints() == []
    assert {url.split(":")[0] for url in page.requests()} <= {"file", "data"}
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    canvases = page.evaluate("[...document.querySelectorAll('canvas')].map((c) => c.id)")
    odds = {"odds-graph"} if subject.family.anatomy.listen else set()  # only codes have odds
    assert {"plan-graph", "plan-wave"} | odds == set(canvases)
    for canvas in canvases:
        drawn = page.evaluate(
            f"(() => {{ const c = document.getElementById('{canvas}'); const p = c.getContext('2d')"
            ".getImageData(0, 0, c.width, c.height).data; return new Set(p).size; })()"
        )
        assert drawn > 10, canvas
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, select, canvas, img')].filter((e) =>"
        "!(e.ariaLabel || e.alt || e.textContent.trim() || e.labels?.length)).length"
    )
    assert unnamed == 0


def test_as_many_samples_reach_the_prediction_as_the_plan_says(page, visit):
    subject = visit("wavenet", "desktop")
    page.wait_for(f"{SAYS.format('plan-says')}.includes('reach it')")
    said = page.evaluate(SAYS.format("plan-says"))
    nominal = reach(subject.family.anatomy.shape(subject.config).rows)
    inputs = int(re.search(r"; ([\d,]+) of the", said)[1].replace(",", ""))

    assert f": {nominal:,} samples" in said
    assert inputs == nominal, "the drawing walks the same plan"


def test_memory_reaches_every_frame_in_view(page, visit):
    visit("samplernn", "desktop")
    page.wait_for(f"{SAYS.format('plan-says')}.includes('memory')")


def test_keys_pick_the_prediction_and_zoom(page, visit):
    visit("wavenet", "desktop")
    page.wait_for(f"{SAYS.format('plan-says')} !== ''")
    place = "Number(document.getElementById('plan-graph').getAttribute('aria-valuenow'))"
    before = page.evaluate(place)
    page.evaluate("document.getElementById('plan-graph').focus()")
    page.press("ArrowLeft")
    page.wait_for(f"{place} === {before - 1}")
    view = page.evaluate(SAYS.format("plan-says"))
    page.press("ArrowDown")
    page.wait_for(f"{SAYS.format('plan-says')} !== {view!r}")
    page.press("End")
    page.wait_for(f"{place} > {before}")
    assert page.complaints() == []


@pytest.mark.parametrize("size", SIZES)
def test_a_tap_on_the_waveform_picks_there(page, visit, size):
    visit("wavenet", size)
    place = "Number(document.getElementById('plan-graph').getAttribute('aria-valuenow'))"
    total = "Number(document.getElementById('plan-graph').getAttribute('aria-valuemax'))"
    page.wait_for(f"{total} > 0")
    left, top, width, height = page.evaluate(
        "(() => { const e = document.getElementById('plan-wave'); e.scrollIntoView({block:"
        " 'center', behavior: 'instant'}); const b = e.getBoundingClientRect();"
        "return [b.left, b.top, b.width, b.height]; })()"
    )
    page.click(left + 0.5 * width, top + 0.5 * height)
    page.wait_for(f"Math.abs({place} / {total} - 0.5) < 0.02")


def test_temperature_redraws_the_odds(page, visit):
    visit("samplernn", "phone")
    turn = (
        "(() => {{ const s = document.getElementById('odds-temperature'); s.value = {};"
        "s.dispatchEvent(new Event('input')); return document.getElementById('odds-says')"
        ".textContent; }})()"
    )

    def freedom(temperature):
        said = page.evaluate(turn.format(temperature))
        return float(re.search(r": ([\d.]+) bits", said)[1])

    warm, pixels = freedom(1), page.evaluate(PIXELS.format("odds-graph"))
    cold = freedom(0.2)
    assert cold < warm < freedom(2)
    assert page.evaluate(PIXELS.format("odds-graph")) != pixels
    options = page.evaluate("document.getElementById('odds-moment').options.length")
    assert options == 6
    assert page.complaints() == []
