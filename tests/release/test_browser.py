"""The page in a real browser, opened as file://, phone-sized and desktop-sized."""

import pytest
from release_browser import CHROMIUM, chromium
from release_workspace import make_workspace

from thresher.release import publish

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

HOSTILE = '"><script>alert(1)</script>'
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    workspace = make_workspace(
        tmp_path_factory.mktemp("hostile"), recording=HOSTILE, artist=f"'{HOSTILE}", songs=("dawn",)
    )
    long = "A Title Of One Hundred Words " * 9 + "Unbreakable" * 6
    return publish(
        workspace,
        ["dawn"],
        cover="cover",
        artist=HOSTILE,
        title=HOSTILE + long,
        name="hostile",
        track_titles={"dawn": "</script><img src=x onerror=alert(1)>" + long},
    )


def visit(page, release, size, **looks):
    page.events.clear()
    width, height = SIZES[size]
    page.open(release.page.as_uri(), width=width, height=height, **looks)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_loads_whole_without_complaint_network_or_overflow(page, published, size, scheme):
    visit(page, published[1], size, scheme=scheme)
    page.evaluate("for (const i of document.images) i.loading = 'eager'")
    page.wait_for("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    page.evaluate("document.fonts.ready.then(() => 0)")

    assert page.complaints() == []
    assert {url.split(":")[0] for url in page.requests()} <= {"file", "data"}
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.evaluate("document.fonts.check('20px \"Instrument Serif\"')")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("part", ["wave", "spectrum"])
def test_a_click_on_waveform_or_spectrogram_seeks_there_and_plays(page, published, size, part):
    visit(page, published[1], size)
    box = page.evaluate(
        f"(() => {{ const e = document.querySelector('#track-2 .{part}'); e.scrollIntoView("
        "{block: 'center', behavior: 'instant'}); const b = e.getBoundingClientRect();"
        "return [b.left, b.top, b.width, b.height]; })()"
    )
    page.click(box[0] + 0.5 * box[2], box[1] + 0.5 * box[3])
    page.wait_for("document.querySelector('#track-2').classList.contains('playing')")
    page.wait_for("Number(document.querySelector('#track-2 .scope').ariaValueNow ?? 0) >= 1")

    assert page.evaluate("document.querySelector('.player .now').textContent") == "Dusk, Burning"
    assert page.evaluate("document.querySelector('.player .clock').textContent").endswith("/ 0:02")
    assert 0.9 < page.evaluate("Number(document.querySelector('.seek input').value)") <= 2.1
    assert page.complaints() == []


def test_the_keyboard_seeks_plays_and_pauses(page, published):
    visit(page, published[1], "desktop")
    page.evaluate("document.querySelector('#track-1 .scope').focus()")
    page.press("End")
    page.wait_for("Number(document.querySelector('.seek input').value) > 1.8")
    page.press("Home")
    page.wait_for("Number(document.querySelector('.seek input').value) < 0.1")
    assert (
        page.evaluate("document.querySelector('#track-1').classList.contains('playing')") is False
    )
    page.press("Enter")
    page.wait_for("document.querySelector('#track-1').classList.contains('playing')")
    page.press("Enter")
    page.wait_for("!document.querySelector('#track-1').classList.contains('playing')")


def test_the_next_track_follows_by_itself(page, published):
    visit(page, published[1], "phone")
    page.evaluate("document.querySelector('.play-album').click()")
    page.wait_for("document.querySelector('#track-1').classList.contains('playing')")
    page.wait_for("document.querySelector('#track-2').classList.contains('playing')")


def test_every_control_has_a_name_and_a_finger_s_size(page, published):
    visit(page, published[1], "phone")
    page.evaluate("document.querySelector('.play-album').click()")
    small = page.evaluate(
        "[...document.querySelectorAll('button, .downloads a, summary')].filter((e) => {"
        "const b = e.getBoundingClientRect(); return b.width && (b.height < 44 || b.width < 44);"
        "}).map((e) => e.outerHTML.slice(0, 80))"
    )
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, [role=slider]')].filter((e) =>"
        "!(e.ariaLabel || e.textContent.trim())).length"
    )

    assert small == []
    assert nameless == 0


@pytest.mark.parametrize("size", SIZES)
def test_hostile_titles_are_read_not_run(page, hostile, size):
    visit(page, hostile, size)

    assert page.complaints() == []  # a dialog or a refused script would be among them
    assert page.evaluate("document.querySelector('h1').textContent").startswith(HOSTILE)
    assert page.evaluate("document.scripts.length") == 2
    assert page.evaluate("document.querySelectorAll('img[src=x], h1 *, h3 *').length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


def test_the_policy_stops_what_others_might_add(page, published):
    visit(page, published[1], "desktop")
    page.evaluate(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.head.append(s); const i = new Image(); i.src = 'https://example.org/x.png';"
        "document.body.append(i); })()"
    )
    page.wait_for("true")

    assert page.evaluate("window.ran ?? 0") == 0
    assert sum("Content Security Policy" in said for said in page.complaints()) >= 1
    assert "https://example.org/x.png" not in page.responses()
