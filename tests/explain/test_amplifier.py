"""thresher.explain.amplifier: what an amplifier's network plays beside what was recorded."""

import numpy as np
import pytest

from thresher.audio.null_test import error_by_band, error_to_signal
from thresher.explain.amplifier import amplified_again

RATE = 8_000


@pytest.fixture
def amp(subject_of):
    return subject_of("amp")


def test_a_perfect_copy_leaves_silence_in_every_band(amp, excerpt):
    anatomy, listener = amp.family.anatomy, amp.listener
    dry = np.concatenate([0 * excerpt.audio, excerpt.audio])
    wet = anatomy.amplify(listener.networks, listener.config, dry, None)[len(excerpt.audio) :]

    told = amplified_again(amp.family, listener, excerpt._replace(audio=wet, dry=dry))

    assert "ratio of this excerpt: 0.0000" in told
    assert told.count("<audio") == 5
    assert told.count("<img") == 2


def test_without_what_went_in_there_is_nothing_to_compare(amp, excerpt):
    told = amplified_again(amp.family, amp.listener, excerpt)

    assert "nothing to compare" in told
    assert told.count("<audio") == 2


def test_other_families_have_no_such_section(subject_of, excerpt):
    wavenet = subject_of("wavenet")

    assert amplified_again(wavenet.family, wavenet.listener, excerpt) is None


def test_bands_share_the_error_out_and_sum_to_the_whole():
    time = np.arange(RATE) / RATE
    low, high = np.sin(2 * np.pi * 200 * time), np.sin(2 * np.pi * 2000 * time)

    bands = error_by_band(low + high, low + 0.5 * high, RATE)

    by_edge = {band.low_hz: band for band in bands}
    assert by_edge[100].esr == pytest.approx(0, abs=1e-6)
    assert by_edge[1000].esr == pytest.approx(0.25, rel=1e-3)
    whole = error_to_signal(low + high, low + 0.5 * high)
    assert sum(band.error for band in bands) == pytest.approx(whole, rel=1e-2)
    assert sum(band.share for band in bands) == pytest.approx(1, rel=1e-6)
