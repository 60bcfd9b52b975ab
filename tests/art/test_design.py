"""thresher.art.design: what the music decides, and that size decides nothing."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from thresher.art.character import Character
from thresher.art.compositions import COMPOSITIONS
from thresher.art.config import ArtConfig
from thresher.art.design import design
from thresher.art.palette import SCHEMES, fifths_hue
from thresher.settings import explanations

STEPS = (-0.9, 0.0, 0.9)


def rising(values) -> bool:
    return bool(np.all(np.diff(values) > 0))


def stepped(character: Character, feature: str) -> list[Character]:
    return [dataclasses.replace(character, **{feature: step}) for step in STEPS]


def test_the_same_song_and_seed_give_the_same_picture(song, usual):
    first, again = (
        design(song, usual, seed=3, artist="A", title="B", config=ArtConfig(threads=threads))
        for threads in (1, 2)
    )
    assert np.array_equal(first.render(64), again.render(64))


def test_another_seed_gives_another_picture(song, usual, bare, proof):
    one, other = (proof(bare(song, usual, seed=seed, composition="sigil")) for seed in (1, 2))
    assert np.abs(one - other).mean() > 0.02


@pytest.mark.parametrize("composition", ["sigil"])
def test_a_256_pixel_cover_is_the_1024_pixel_cover_made_smaller(song, usual, composition):
    config = ArtConfig(composition=composition, scheme="night")
    plan = design(song, usual, seed=1, artist="Artist", title="A Title", config=config)
    small, large = plan.render(256).astype(float), plan.render(1024).astype(float)
    shrunk = large.reshape(256, 4, 256, 4, 3).mean((1, 3))
    assert np.abs(small - shrunk).mean() < 2


@pytest.mark.parametrize("composition", ["eclipse", "stones", "tide", "sigil"])
def test_finer_sampling_shows_the_same_picture(song, usual, bare, proof, composition):
    plan = bare(song, usual, composition=composition, scheme="night")
    coarse, fine = proof(plan, 320), proof(plan, 640)
    shrunk = fine.reshape(320, 2, 320, 2, 3).mean((1, 3))
    # Not the 2/255 of `render`, which never samples as coarsely as this: here the finest
    # lines lie between the pixels.
    alike = np.corrcoef(coarse[..., 0].ravel(), shrunk[..., 0].ravel())[0, 1]
    assert alike > 0.9


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_a_brighter_song_is_a_lighter_cover(song, usual, bare, proof, composition):
    light = [
        proof(bare(song, one, composition=composition, scheme="night"))[..., 0].mean()
        for one in stepped(usual, "centroid")
    ]
    assert rising(light)


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_more_dynamics_is_more_contrast(song, usual, bare, proof, composition):
    size = 256 if composition == "seal" else 96  # its lines must not blur into grey
    spread = [
        proof(bare(song, one, composition=composition, scheme="night"), size)[..., 0].std()
        for one in stepped(usual, "dynamics")
    ]
    assert rising(spread)


@pytest.mark.parametrize("composition", ["eclipse", "wound", "static", "seal"])
def test_more_onsets_is_more_detail(song, usual, bare, proof, composition):
    size = 800 if composition == "seal" else 400  # its rings must not fall between pixels

    def detail(character: Character) -> float:
        plan = bare(song, character, composition=composition, scheme="night")
        light = proof(plan, size)[..., 0]
        return float(sum(np.abs(np.diff(light, 2, axis=axis)).mean() for axis in (0, 1)))

    assert rising([detail(one) for one in stepped(usual, "onsets")])


def test_more_onsets_is_a_rougher_network(song, usual, bare):
    def roughness(character: Character) -> float:
        channels = [
            channel
            for seed in range(2)
            for channel in bare(song, character, seed=seed, composition="seal").scene.channels
        ]
        return float(np.mean([np.abs(np.diff(one, axis=1)).mean() for one in channels]))

    assert rising([roughness(one) for one in stepped(usual, "onsets")])


@pytest.mark.parametrize("composition", ["eclipse", "strata", "wound", "seal"])
def test_more_bass_is_darker_corners(song, usual, bare, proof, composition):
    def corners(character: Character) -> float:
        light = proof(bare(song, character, composition=composition, scheme="night"))[..., 0]
        return -float(light[[0, 0, -1, -1], [0, -1, 0, -1]].mean())

    assert rising([corners(one) for one in stepped(usual, "bass")])


def test_more_bass_is_more_alike_on_the_left_and_the_right(song, usual, bare):
    def alike(character: Character) -> float:
        tones = [
            bare(song, character, seed=s, composition="seal").scene.channels.tone for s in (1, 2)
        ]
        return float(np.mean([(tone * tone[:, ::-1]).mean() for tone in tones]))

    values = [alike(one) for one in stepped(usual, "bass")]
    assert values[0] < values[-1]
    assert alike(dataclasses.replace(usual, bass=1.0)) > 0.999


def test_a_noisier_song_has_less_colour_and_a_major_one_warmer_whites(song, usual, bare):
    def palettes(feature: str):
        plans = [
            bare(song, one, composition="seal", scheme="night") for one in stepped(usual, feature)
        ]
        return [plan.look.palette for plan in plans]

    assert rising([-np.hypot(*inks.accent[1:]) for inks in palettes("flatness")])
    assert rising([inks.ramp[3, 2] for inks in palettes("mode")])


def test_a_faster_song_has_more_folds(usual):
    assert rising([one.folds for one in stepped(usual, "tempo")])


@pytest.mark.parametrize("key", range(12))
def test_the_accent_hue_walks_round_the_circle_of_fifths(song, usual, bare, key):
    turned = dataclasses.replace(song, key=key)
    accent = bare(turned, usual, composition="seal", scheme="night").look.palette.accent
    hue = np.degrees(np.arctan2(accent[2], accent[1])) % 360
    assert hue == pytest.approx(fifths_hue(key), abs=0.01)


def test_without_music_all_songs_are_average(song):
    from thresher.art.character import character

    assert np.all(character(song, strength=0.0).features == 0)


def test_music_and_not_the_seed_chooses_when_chance_is_zero(song, usual, bare):
    noisy = dataclasses.replace(usual, flatness=1.0, centroid=1.0)
    chosen = {bare(song, noisy, seed=seed, chance=0.0).composition for seed in range(6)}
    assert chosen == {"static"}


def test_every_composition_and_scheme_is_called_by_some_song(song, bare):
    dice = np.random.default_rng(0)
    plans = [_called(Character(*dice.uniform(-1, 1, 8)), seed) for seed in range(300)]
    assert {composition for composition, _ in plans} == set(COMPOSITIONS)
    assert {scheme for _, scheme in plans} == set(SCHEMES)


def _called(character: Character, seed: int) -> tuple[str, str]:
    from thresher.art import design as module

    dice = np.random.default_rng(seed)
    calls = {name: (one.base, one.calls) for name, one in COMPOSITIONS.items()}
    return (
        module._called(calls, character, 0.45, dice),
        module._called(module.SCHEME_CALLS, character, 0.45, dice),
    )


@pytest.mark.parametrize("composition", COMPOSITIONS)
@pytest.mark.parametrize("scheme", ["paper", "poster"])
def test_every_composition_prints_in_every_scheme(song, usual, bare, proof, composition, scheme):
    lab = proof(bare(song, usual, composition=composition, scheme=scheme), 64)
    assert np.isfinite(lab).all()
    assert lab[..., 0].std() > 0.02


def test_every_setting_says_why():
    for field in explanations(ArtConfig):
        assert field.why
        assert field.source


@pytest.mark.slow
def test_3000_pixels_take_under_a_gigabyte():
    script = (
        "import resource, time, numpy as np\n"
        "from thresher.art.character import Character\n"
        "from thresher.art.config import ArtConfig\n"
        "from thresher.art.design import design\n"
        "from thresher.art.listening import portray\n"
        "song = portray(np.random.default_rng(0).standard_normal(400_000).astype('f4') * 0.1)\n"
        "plan = design(song, Character(*[0.0] * 8), seed=1, artist='A', title='B',\n"
        "              config=ArtConfig(composition='strata'))\n"
        "assert plan.render(3000).shape == (3000, 3000, 3)\n"
        "assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_subject_makes_room_for_the_type(song, usual):
    config = ArtConfig(composition="seal")
    title = "The Long and Winding Collapse of Everything"
    plan = design(song, usual, seed=1, artist="A", title=title, config=config)
    assert plan.framing.zoom > 1
    assert plan.setting is not None
    assert plan.setting.fade == 0


def test_a_picture_is_rgb_of_the_size_asked_for(song, usual, bare):
    sheet = bare(song, usual, composition="seal").render(100)
    assert Image.fromarray(sheet).size == (100, 100)
