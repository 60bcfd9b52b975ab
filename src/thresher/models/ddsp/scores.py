"""What a clip is to play: curves it was given, a sound to follow, a tune, or one held note."""

import functools
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32

from thresher.audio.a_weighting import FLOOR_DB
from thresher.audio.midi import Note, read_midi
from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.fitting import hz_of
from thresher.models.ddsp.network import Instrument
from thresher.models.ddsp.playing import Score
from thresher.models.ddsp.transfer import followed
from thresher.models.family import TAIL_SECONDS, ClipRequest
from thresher.synths.performance import perform

MIDDLE_DB = -10.0
"""Loudness of a held note, where the instrument's own is not known."""


def score_of(network: Instrument, request: ClipRequest) -> Score:
    """The curves of a clip.

    Raises:
        ThresherError: they are not finite, the sound has no melody, or the tune no notes.
    """
    config = network.config
    curves = _curves(config, request)
    if not np.isfinite(curves).all() or (curves[:, 0] <= 0).any():
        raise ThresherError(
            "pitch and loudness must be finite, and pitch above 0 Hz",
            hint="other curves, or leave them out",
        )
    f0_hz, loudness_db = curves.astype(np.float32).T
    return Score(
        np.ascontiguousarray(f0_hz),
        np.maximum(loudness_db, np.float32(FLOOR_DB)),
        _z(network, request.sound, len(curves)),
    )


def _curves(config: DDSPConfig, request: ClipRequest) -> np.ndarray:
    if request.sound is not None:
        sound = np.asarray(request.sound, np.float32)
        return _followed(sound.tobytes(), config, float(request.autotune))
    if request.midi is not None:
        return as_curves(read_midi(request.midi), config)
    if request.frames is not None:
        return np.asarray(request.frames)
    return np.array([[hz_of(np.array(config.pitch_mean)), _levels(config, np.array(0.5))]])


@functools.lru_cache(maxsize=2)
def _followed(sound: bytes, config: DDSPConfig, autotune: float) -> np.ndarray:
    """Heard once, however many engines are tried with it and clips follow it."""
    return followed(np.frombuffer(sound, np.float32), config, autotune)


def as_curves(notes: Sequence[Note], config: DDSPConfig) -> Float32[np.ndarray, "frames 2"]:
    """A tune: velocities as the instrument's own levels, softest to loudest, under the envelope.

    Raises:
        ThresherError: there are no notes.
    """
    seconds = max((note.stop_seconds for note in notes), default=0.0) + TAIL_SECONDS
    played = perform(notes, seconds, rate_hz=config.sample_rate / config.hop)
    gate_db = 20.0 * np.log10(np.maximum(played.gate, 1e-4))
    level = np.maximum(_levels(config, played.velocity) + gate_db, FLOOR_DB)
    curves: Float32[np.ndarray, "frames 2"] = np.stack([played.f0_hz, level], axis=1).astype(
        np.float32
    )
    return curves


def _levels(config: DDSPConfig, velocity: np.ndarray) -> np.ndarray:
    known = config.loudness_quantiles or (MIDDLE_DB,)
    return np.asarray(np.interp(velocity, np.linspace(0, 1, len(known)), known))


def _z(
    network: Instrument, sound: np.ndarray | None, frames: int
) -> Float32[np.ndarray, "frames z"] | None:
    """The third input, of a network that has one: as the sound, or as it mostly was."""
    if network.ear is None:
        return None
    with torch.inference_mode():
        if sound is not None:
            heard = torch.from_numpy(np.asarray(sound, np.float32))[None]
            return np.asarray(network.ear(heard, frames)[0].numpy())
        return np.asarray(network.ear.usual(torch.ones(1, frames))[0].numpy())
