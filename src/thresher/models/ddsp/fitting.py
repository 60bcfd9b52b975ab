"""What a corpus decides about an instrument: where it plays, and how loud."""

import numpy as np
from jaxtyping import Bool

from thresher.corpus import Corpus, Melody
from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.family import Conditioning
from thresher.settings import replace

VOICED = 0.5
"""Confidence from which a frame has a pitch."""

QUANTILES = 21
"""One for every twentieth of the notes."""

CURVES = ("f0_hz", "loudness_db")
"""What steers an instrument, in this order; `thresher.corpus.Melody` has them by name."""


def fit_to_melody(config: DDSPConfig, corpus: Corpus) -> DDSPConfig:
    """Fill in rate, hop, mean pitch and the quantiles of loudness.

    Raises:
        ThresherError: the corpus was built without a melody.
    """
    melody = melody_of(corpus)
    voiced = _learned(corpus, melody.hop) & (melody.confidence >= VOICED)
    if not voiced.any():
        raise ThresherError(
            f"no frame of corpus '{corpus.name}' has a pitch",
            looked_at=corpus.folder,
            hint="recordings of one instrument that plays one note at a time",
        )
    quantiles = np.quantile(melody.loudness_db[voiced], np.linspace(0, 1, QUANTILES))
    decided = {
        "sample_rate": corpus.sample_rate,
        "hop": melody.hop,
        "pitch_mean": float(np.round(np.mean(midi_of(melody.f0_hz[voiced])), 3)),
        "loudness_quantiles": np.round(quantiles, 3).tolist(),
    }
    return replace(config, decided, origin=str(corpus.folder))


def melody_of(corpus: Corpus) -> Melody:
    """The corpus's melody.

    Raises:
        ThresherError: it was built without one.
    """
    if corpus.melody is None:
        raise ThresherError(
            f"corpus '{corpus.name}' knows no melody, which an instrument learns from",
            looked_at=corpus.folder,
            hint=f"thresher corpus {corpus.name} RECORDINGS --set recipe=instrument",
        )
    return corpus.melody


def midi_of(f0_hz: np.ndarray) -> np.ndarray:
    """Pitch as a MIDI key, fractions and all.

    >>> float(midi_of(np.array(440.0)))
    69.0
    """
    return np.asarray(69.0 + 12.0 * np.log2(np.asarray(f0_hz, np.float64) / 440.0))


def hz_of(midi: np.ndarray) -> np.ndarray:
    """The other way round.

    >>> float(hz_of(np.array(69.0)))
    440.0
    """
    return np.asarray(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


def steered_by_melody(config: DDSPConfig) -> Conditioning:
    """Pitch and loudness, frame by frame."""
    return Conditioning(features=CURVES, hop=config.hop, melody=True)


def _learned(corpus: Corpus, hop: int) -> Bool[np.ndarray, " frames"]:
    """Frames that some training window holds."""
    assert corpus.melody is not None
    inside = np.zeros(len(corpus.melody.f0_hz), bool)
    for start in corpus.windows("training")[:, 0].tolist():
        inside[start // hop : (start + corpus.window_samples) // hop] = True
    return inside
