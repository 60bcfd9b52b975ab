"""How well a trained run takes drums out of songs it never heard, beside what comes for nothing."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.hpss import hpss_percussive
from thresher.audio.separation import windowed_si_sdr
from thresher.claims.learning import Trained
from thresher.errors import ThresherError
from thresher.models.checkpoint import open_checkpoint
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.taking import Whole, take_drums
from thresher.models.voices import one_thread

HEARD_SECONDS = 48.0
"""Of every held-out song, from its middle: six windows."""


class Heard(NamedTuple):
    """A held-out song, and what was taken out of it."""

    drums: Float32[np.ndarray, " samples"]
    mix: Float32[np.ndarray, " samples"]
    taken: Whole


def drums_si_sdr(trained: Trained) -> float:
    """SI-SDR of the drums it takes out, at the last step [dB]."""
    return _mean(trained, lambda song: song.taken.drums)


def over_the_mix(trained: Trained) -> float:
    """By how much that beats the mix as it is [dB]."""
    return drums_si_sdr(trained) - _mean(trained, lambda song: song.mix)


def over_hpss(trained: Trained) -> float:
    """By how much that beats medians, which nobody trained [dB]."""
    return drums_si_sdr(trained) - _mean(trained, lambda song: hpss_percussive(song.mix))


def repair_over_gains(trained: Trained) -> float:
    """What the second network adds to the first [dB]."""
    return drums_si_sdr(trained) - _mean(trained, lambda song: song.taken.first)


def _mean(trained: Trained, of: Callable[[Heard], Float32[np.ndarray, " samples"]]) -> float:
    """Over all held-out songs, of the mean over a song's windows."""
    rate = trained.corpus.sample_rate
    found = [windowed_si_sdr(song.drums, of(song), rate).mean_db for song in _held_out(trained)]
    return float(np.mean(found))


def _held_out(trained: Trained) -> Iterator[Heard]:
    assert trained.run.latest is not None
    checkpoint, stems = open_checkpoint(trained.run.latest), trained.corpus.stems
    if stems is None or not isinstance(checkpoint.config, DrumsConfig):
        raise ThresherError(f"{trained.family.name} takes no drums out of a mix", hint="drums")
    networks = checkpoint.networks()
    most = round(HEARD_SECONDS * trained.corpus.sample_rate)
    for start, stop in stems.stretches("validation").tolist():
        spare = max(0, stop - start - most) // 2
        span = slice(start + spare, stop - spare)
        drums = np.array(stems.drums[span])
        mix = drums + stems.backing[span]
        with one_thread():
            yield Heard(drums, mix, take_drums(networks, mix))
