"""thresher.curation.joins and render: no join clicks, and a beat goes on."""

from dataclasses import replace

import made_clips as made
import numpy as np
import pytest

from thresher.audio.descriptors import onset_strength, short_time
from thresher.curation.config import CurationConfig
from thresher.curation.edits import Edit
from thresher.curation.joins import find_beat, find_join
from thresher.curation.render import equal_power, faded, join_edits

EMPTY = Edit(
    clip="", path="", sha256="", run="", clip_seed=None, source_in=0, source_out=0, song_in=0,
    song_out=0, overlap=0, gain=1.0, score={}, reasons=[],
)  # fmt: skip


def sine(hz, seconds=2.0, level=0.5, phase=0.0):
    t = np.arange(int(seconds * made.RATE)) / made.RATE
    return (level * np.sin(2 * np.pi * hz * t + phase)).astype(np.float32)


def joined(sounds, overlap):
    sources = {str(k): sound for k, sound in enumerate(sounds)}
    edits = [
        replace(EMPTY, clip=name, source_out=len(sound), overlap=overlap if name != "0" else 0)
        for name, sound in sources.items()
    ]
    return np.concatenate(list(join_edits(edits, lambda edit: sources[edit.clip])))


def drums(bpm, seconds=12.0, first=0.1, seed=0):
    """Hits on every beat, each second one louder, over a soft hiss."""
    rng = np.random.default_rng(seed)
    sound = 0.003 * rng.normal(size=int(seconds * made.RATE))
    hit = rng.normal(size=2_000) * np.exp(-np.arange(2_000) / 300)
    for k, moment in enumerate(np.arange(first, seconds - 0.2, 60 / bpm)):
        at = round(moment * made.RATE)
        sound[at : at + 2_000] += hit * (0.4 if k % 2 else 0.25)
    return sound.astype(np.float32)


@pytest.mark.parametrize(("a", "b"), [(440.0, 440.0), (440.0, 660.0), (220.0, 997.0)])
@pytest.mark.parametrize("phase", [0.0, 1.0, np.pi])
def test_two_sines_join_without_a_step_where_a_butt_join_clicks(a, b, phase):
    sounds = [sine(a, 2.01), sine(b, 2.0, phase=phase + 1.3)]
    largest = max(np.abs(np.diff(sound)).max() for sound in sounds)

    smooth, butt = joined(sounds, 960), joined(sounds, 0)

    assert np.abs(np.diff(smooth)).max() <= 1.42 * largest
    if phase == np.pi:
        assert np.abs(np.diff(butt)).max() > 1.42 * largest


def test_the_length_is_the_sum_less_the_overlaps_exactly():
    sounds = [made.tune(2.0 + k / 7, seed=k) for k in range(5)]

    assert len(joined(sounds, 961)) == sum(map(len, sounds)) - 4 * 961


def test_powers_add_to_one_all_through_a_crossfade():
    rising, falling = equal_power(960)

    assert np.allclose(rising**2 + falling**2, 1, atol=1e-6)


def test_fades_touch_only_the_ends_and_reach_silence():
    sound = np.ones(1_000, np.float32)

    out = np.concatenate(list(faded(np.array_split(sound, 7), 1_000, 100, 200)))

    assert np.all(out[100:800] == 1)
    assert out[0] < 1e-3
    assert out[-1] < 1e-3
    assert np.all(np.diff(out[:100]) >= 0)


@pytest.mark.parametrize("bpm", [75, 90, 120, 133.3, 170])
def test_the_tempo_is_found_up_to_a_factor_of_two(bpm):
    beat = find_beat(drums(bpm, 8.0), made.RATE, 0.3)

    ratio = 60 / beat.period / bpm
    assert min(abs(ratio / octave - 1) for octave in (0.5, 1, 2)) < 0.01


def test_noise_and_a_held_tone_have_no_beat():
    assert find_beat(made.white_noise(8.0), made.RATE, 0.3) is None
    assert find_beat(sine(220, 8.0), made.RATE, 0.3) is None
    assert find_beat(made.white_noise(0.5), made.RATE, 0.3) is None


@pytest.mark.parametrize("first", [0.05, 0.2, 0.37])
def test_a_join_of_two_like_tempi_keeps_the_beat(first):
    before, after = drums(120, 12.0), drums(121, 12.0, first=first, seed=1)
    config = CurationConfig()

    join = find_join(before, after, made.RATE, config)

    half = 480
    stop = len(before) - round(join.out_before_end * made.RATE) + half
    start = round(join.in_after_start * made.RATE) - half
    song = joined([before[:stop], after[max(start, 0) :]], 2 * half)
    assert join.bpm == pytest.approx(120, rel=0.02)
    onsets = onset_strength(short_time(song, made.RATE).mel_db)
    hits = np.flatnonzero(
        (onsets > 6) & (onsets >= np.roll(onsets, 1)) & (onsets > np.roll(onsets, -1))
    )
    gaps = np.diff(hits)[(hits[:-1] > 400)] / 62.5
    assert np.all(np.abs(gaps - 0.5) < 0.05)


def test_tempi_further_apart_are_joined_at_the_quietest_moment():
    join = find_join(drums(120), drums(131), made.RATE, CurationConfig())

    assert join.bpm == 0


def test_without_a_beat_the_join_is_where_both_are_quietest():
    before, after = made.white_noise(4.0), made.white_noise(4.0, seed=1)
    quiet_out, quiet_in = 4.0 - 0.31, 0.17
    for sound, moment in ((before, quiet_out), (after, quiet_in)):
        at = round(moment * made.RATE)
        sound[at - 500 : at + 500] *= 0.05

    join = find_join(before, after, made.RATE, CurationConfig())

    assert join.out_before_end == pytest.approx(0.31, abs=0.004)
    assert join.in_after_start == pytest.approx(quiet_in, abs=0.004)


def test_the_join_stays_within_its_search():
    for seed in range(5):
        join = find_join(
            made.tune(2.0, seed), made.tune(2.0, seed + 9), made.RATE, CurationConfig()
        )
        assert 0.0299 <= join.out_before_end <= 0.4701
        assert 0.0299 <= join.in_after_start <= 1.03
