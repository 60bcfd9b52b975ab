"""thresher.art.lettering: readable on every cover, whatever the words are."""

import dataclasses

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from thresher.art.character import Character
from thresher.art.config import ArtConfig
from thresher.art.design import design
from thresher.art.lettering import Setting, boxes, compose, draw
from thresher.art.palette import Mixing, choose_palette, contrast, luminance, to_srgb
from thresher.art.typesetting import FACES, LONGEST, clean, face_for, fit
from thresher.errors import ThresherError

LAYOUTS = ("head", "foot", "apart", "left", "right")


def set_words(artist: str, title: str, *, layouts=LAYOUTS, preview=None, own_font="") -> Setting:
    grey = np.full((64, 64, 3), 90, np.uint8)
    return compose(
        artist,
        title,
        preview=grey if preview is None else preview,
        palette=choose_palette("night", light=False, mixing=Mixing(hue=30.0)),
        layouts=layouts,
        face="oswald" if layouts[0] in ("left", "right") else "cinzel",
        own_font=own_font,
        margin=0.06,
        contrast_wanted=4.5,
    )


def ink_edges(setting: Setting, size: int = 500) -> tuple[float, float, float, float]:
    mask = draw(setting, size).mask
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (columns[0] / size, rows[0] / size, (columns[-1] + 1) / size, (rows[-1] + 1) / size)


def test_fifty_random_covers_keep_contrast_and_margin(song):
    dice = np.random.default_rng(0)
    worst = []
    for seed in range(50):
        character = Character(*dice.uniform(-1, 1, 8).tolist())
        tuned = dataclasses.replace(song, key=int(dice.integers(12)))
        title = " ".join(["Black", "Water", "Hymn", "Rising"][: 1 + seed % 4])
        plan = design(
            tuned, character, seed=seed, artist="The Artist", title=title, config=ArtConfig()
        )
        assert plan.setting is not None
        worst.append(_contrast_behind(plan))
        left, top, right, bottom = ink_edges(plan.setting)
        assert min(left, top, 1 - right, 1 - bottom) >= 0.06 - 1 / 500
    assert min(worst) >= 4.5


def _contrast_behind(plan) -> float:
    """Of the ink against the worst twentieth of what lies behind the type."""
    from thresher.art.press import develop, expose

    size = 128
    grit = plan.scene.grit
    plates = expose(plan.painter(size), size, points=2**16, threads=1)
    lettering = draw(plan.setting, size)
    unprinted = dataclasses.replace(lettering, mask=np.zeros_like(lettering.mask))
    sheet = develop(plates, plan.look, grit, lettering=unprinted, points=2**16, threads=1)
    behind = np.concatenate(
        [
            sheet[int(t * size) : int(b * size) + 1, int(le * size) : int(r * size) + 1].reshape(
                -1, 3
            )
            for le, t, r, b in boxes(plan.setting.lines)
        ]
    )
    levels = luminance(behind / 255)
    ink = float(luminance(to_srgb(plan.setting.ink)))
    return float(np.percentile(contrast(ink, levels), 5))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("title", ["Ash", "Escape from Chaosland", "Internal Degeneration"])
def test_capitals_are_readable_on_a_100_pixel_thumbnail(layout, title):
    setting = set_words("Sectoid", title, layouts=(layout,))
    *_, last = sorted(line.cap for line in setting.lines)
    assert last * 100 >= 5.0
    assert min(line.cap for line in setting.lines) * 100 >= 3.5


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=15)
@example("", "")
@example("\n\r\x00\x1b[31m", "line\nbreak")
@example("🤘🔥", "☠️ doom")
@example("فرقة", "ليل طويل")
@example("להקה", "שחור משחור")
@example("Ünïcödé", "A" * 500)
@example("a\u202eb\u200f", "Z\u0361\u0362\u0363\u0364\u0365ALGO")
@example("<script>", "日本")
def test_hostile_words_stay_inside_the_picture(artist, title):
    setting = set_words(artist, title, layouts=("left", "apart"))
    for left, top, right, bottom in boxes(setting.lines):
        assert left >= 0.059
        assert right <= 0.941
        assert top >= 0.03
        assert bottom <= 0.97
    lettering = draw(setting, 64)
    assert lettering.mask.shape == (64, 64)
    assert np.isfinite(lettering.scrim).all()


@given(st.text(max_size=2000))
def test_clean_words_have_no_controls_and_an_end(text):
    cleaned = clean(text)
    assert len(cleaned) <= LONGEST
    assert cleaned == cleaned.strip()
    assert cleaned.isprintable()


def test_long_titles_wrap_and_shrink():
    face, text = face_for("ON THE SLOW AND INEVITABLE COLLAPSE OF EVERYTHING", "cinzel")
    long = fit(text, face, width=0.88, height=0.19, cap=(0.03, 0.08), most=4)
    short = fit("ASH", face, width=0.88, height=0.19, cap=(0.03, 0.08), most=4)
    assert len(long.lines) > len(short.lines) == 1
    assert long.cap < short.cap
    assert max(long.widths) <= 0.8801


def test_the_face_is_one_that_has_the_letters():
    assert face_for("ASH", "cinzel")[0] == FACES["cinzel"]
    assert face_for("ПЛАН", "cinzel")[0] == FACES["oswald"]
    assert "DejaVu" in face_for("שחור", "cinzel")[0].path


def test_letters_that_no_font_has_are_left_out_and_told():
    setting = set_words("Ash", "日本 Ash")
    assert setting.left_out == "日本"
    assert [line.text for line in setting.lines] == ["ASH", "ASH"]


def test_type_is_dark_on_a_white_sheet_and_light_on_a_black_one():
    white, black = (
        set_words("A", "B", preview=np.full((64, 64, 3), v, np.uint8)) for v in (250, 3)
    )
    assert white.ink[0] < 0.3
    assert black.ink[0] > 0.8
    assert white.fade == black.fade == 0


def test_a_file_that_is_no_font_is_one_clear_error(tmp_path):
    (tmp_path / "my.ttf").write_text("no")
    with pytest.raises(ThresherError, match="not a font"):
        set_words("A", "B", own_font=str(tmp_path / "my.ttf"))


def test_shipped_faces_come_with_their_licences():
    from importlib import resources

    fonts = resources.files("thresher.art") / "fonts"
    for name in ("Cinzel", "Oswald"):
        assert "SIL OPEN FONT LICENSE" in (fonts / f"{name}-OFL.txt").read_text("utf-8")
