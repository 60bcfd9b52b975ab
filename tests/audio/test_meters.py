"""thresher.audio.meters: peaks stay below the ceiling, loudness agrees with pyloudnorm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.audio.loudness import integrated_lufs
from thresher.audio.meters import limited, lufs_of, true_peak_db, true_peak_of

RATE = 16_000


def noise(seconds=3.0, level=0.3, seed=0):
    rng = np.random.default_rng(seed)
    swells = np.repeat(rng.uniform(0.02, 2, 20), int(seconds * RATE / 20))
    return (level * swells * rng.normal(size=len(swells))).astype(np.float32)


def limit(blocks, ceiling_db=-1.0, release_db_per_s=60.0):
    pieces = limited(
        blocks, RATE, ceiling_db=ceiling_db, lookahead_ms=5.0, release_db_per_s=release_db_per_s
    )
    return np.concatenate(list(pieces))


def slow_release(needed_db, step_db):
    """The recursion, sample by sample."""
    level, out = 0.0, []
    for needed in needed_db:
        level = min(needed, level + step_db)
        out.append(level)
    return np.array(out)


def test_a_sine_between_its_samples_peaks_higher_than_they_do():
    between = np.sin(np.pi / 4 + np.arange(4_000) * np.pi / 2)

    assert np.abs(between).max() == pytest.approx(0.7071, abs=1e-4)
    assert true_peak_db(between) == pytest.approx(0, abs=0.2)


def test_silence_has_a_finite_peak():
    assert true_peak_db(np.zeros(100)) == -200


@pytest.mark.parametrize("ceiling_db", [-1.0, -6.0])
def test_true_peaks_stay_below_the_ceiling(ceiling_db):
    sound = noise()

    out = limit([sound], ceiling_db)

    assert true_peak_db(sound) > 0
    assert true_peak_db(out) <= ceiling_db
    assert len(out) == len(sound)


def test_sound_below_the_ceiling_passes_untouched():
    sound = noise(level=0.05)

    assert np.array_equal(limit([sound]), sound)


def test_one_peak_is_turned_down_before_it_comes_and_let_go_after():
    sound = np.full(RATE, 0.1, np.float32)
    sound[8_000:8_004] = 2.0

    gain = limit([sound]) / sound

    assert gain[8_001] < 0.5
    assert gain[7_900] < 1  # 5 ms are 80 samples, twice
    assert gain[7_800] == 1
    assert np.abs(np.diff(20 * np.log10(gain))).max() < 0.25  # no step that crackles
    assert gain[8_000 + RATE // 4] == 1


def test_the_running_minimum_is_the_release_recursion():
    from thresher.audio.meters import _released

    needed = np.minimum(0, np.random.default_rng(0).normal(size=500) * 6 - 2)

    assert np.allclose(_released(needed, 0.0, 0.05), slow_release(needed, 0.05))


@given(st.lists(st.integers(0, 30_000), max_size=6), st.integers(0, 5))
def test_how_the_sound_is_cut_into_blocks_changes_nothing(cuts, seed):
    sound = noise(2.0, seed=seed)
    blocks = np.split(sound, sorted(cuts))

    assert np.array_equal(limit(blocks), limit([sound]))
    assert true_peak_of(blocks) == true_peak_of([sound])
    assert lufs_of(blocks, RATE) == lufs_of([sound], RATE)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_streamed_loudness_agrees_with_pyloudnorm(rate):
    sound = noise(12.0)[: 2 * rate]  # pyloudnorm adds a block where tenths do not come out even

    assert lufs_of([sound], rate) == pytest.approx(integrated_lufs(sound, rate), abs=0.05)


def test_silence_and_very_short_sounds_have_a_loudness():
    assert lufs_of([np.zeros(RATE, np.float32)], RATE) == -np.inf
    assert lufs_of([noise(0.2)], RATE) < 0
