"""A synthesizer played by itself: a tune and a few knobs in, sound out, block by block."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import soxr
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from thresher.audio.midi import Note
from thresher.errors import ThresherError
from thresher.synths.config import FRAMES_PER_SECOND, SynthConfig, Touch
from thresher.synths.envelopes import Envelope, adsr
from thresher.synths.fm import fm_from
from thresher.synths.framing import hold_last
from thresher.synths.harmonic import harmonic_from
from thresher.synths.limits import check_range
from thresher.synths.modulation import am_from, ring_from
from thresher.synths.noise import filtered_noise_from
from thresher.synths.performance import monophonic, perform
from thresher.synths.six_operators import Patch, patch_named, six_operators_from

_BLOCK_FRAMES = 1_000
_BANDS = 65


class Controls(NamedTuple):
    """What every synthesizer is played with; ``[1, frames]``, 250 frames a second."""

    f0_hz: Float[Tensor, "1 frames"]
    level: Float[Tensor, "1 frames"]
    """0 to 1: force times envelope."""
    age: Float[Tensor, "1 frames"]
    """0 to 1 over each note as it is held: where a sweep stands."""


Step = Callable[[Tensor | None, Controls, Tensor], tuple[Tensor, Tensor | None]]
"""What was carried over, T + 1 frames and their noise -> sound of T frames, what to carry on."""


def play(
    name: str,
    notes: tuple[Note, ...],
    config: SynthConfig,
    touch: Touch,
    seed: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Float32[np.ndarray, " samples"]:
    """Play a tune on the synthesizer ``name`` (of `config.SOUNDS`).

    Args:
        name: which.
        notes: what; one sounds at a time.
        config: its knobs.
        touch: how notes are joined.
        seed: of the noise; the others draw nothing.
        progress: told the share that is done after each block.

    Raises:
        ThresherError: a control is not finite, or something would fold back at Nyquist.
    """
    rate = config.sample_rate * config.oversample
    controls = controls_of(notes, config, touch)
    _check_finite(controls)
    check_range(name, config, float(controls.f0_hz.max()))
    blocks = []
    for block, done in _blocks(step_of(name, config), controls, rate // FRAMES_PER_SECOND, seed):
        blocks.append(block[0].numpy())
        progress(done)
    sound = np.concatenate(blocks) * config.peak
    if config.oversample > 1:
        sound = soxr.resample(sound, rate, config.sample_rate)
    return np.asarray(sound, np.float32)


def controls_of(notes: tuple[Note, ...], config: SynthConfig, touch: Touch) -> Controls:
    """Pitch, level and age, frame by frame."""
    line = monophonic(notes)
    played = perform(line, rate_hz=float(FRAMES_PER_SECOND), touch=touch)
    frames = len(played.f0_hz)
    level, age = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
    ends = [note.start_seconds for note in line[1:]] + [np.inf]
    for note, end in zip(line, ends, strict=True):
        first = int(np.ceil(note.start_seconds * FRAMES_PER_SECOND))
        held = note.stop_seconds - note.start_seconds
        own = _envelope(held, config, touch)[: frames - first]
        heard = slice(first, first + len(own))
        level[heard] = np.maximum(level[heard], own)
        last = min(frames, int(np.ceil(min(end, 1e9) * FRAMES_PER_SECOND)))
        age[first:last] = np.minimum(1, np.arange(last - first) / FRAMES_PER_SECOND / held)
    curves = (played.f0_hz, level * played.velocity, age)
    return Controls(*(torch.from_numpy(curve)[None] for curve in curves))


def step_of(name: str, config: SynthConfig) -> Step:
    """The synthesizer with its knobs set, as a step from one block to the next."""
    rate, hop = config.sample_rate * config.oversample, _hop(config)
    ratios = torch.tensor([config.ratio])
    match name:
        case "harmonic":
            shares = tilted(config.harmonics, config.tilt_db)
            return lambda state, c, _: harmonic_from(
                state, c.f0_hz, c.level, shares.expand(1, c.level.shape[1], -1), rate, hop
            )
        case "noise":
            return lambda state, c, noise: filtered_noise_from(
                state, _around(c, config.width_octaves, rate), hop, noise
            )
        case "fm":
            return lambda state, c, _: fm_from(
                state, c.f0_hz, c.level, _sweep(config.index, c), ratios, rate, hop
            )
        case "six":
            patch = patch_named(config.patch)
            return lambda state, c, _: six_operators_from(
                state, c.f0_hz, _operator_levels(patch, config.bright, c), patch, rate, hop
            )
        case "am":
            return lambda state, c, _: am_from(
                state, c.f0_hz, c.level, _sweep(config.depth, c), ratios, rate, hop
            )
        case _:
            return lambda state, c, _: ring_from(state, c.f0_hz, c.level, ratios, rate, hop)


def tilted(harmonics: int, tilt_db: float) -> Float[Tensor, " harmonics"]:
    """Shares of partials that get softer by ``tilt_db`` per octave.

    >>> tilted(4, -6.0205999)
    tensor([1.0000, 0.5000, 0.3333, 0.2500])
    """
    numbers = torch.arange(1, harmonics + 1)
    return 10 ** (tilt_db / 20 * torch.log2(numbers))


def _blocks(step: Step, controls: Controls, hop: int, seed: int) -> Iterator[tuple[Tensor, float]]:
    frames = controls.f0_hz.shape[1]
    held = Controls(*(hold_last(curve) for curve in controls))
    dice = torch.Generator().manual_seed(seed)
    ahead = 2 * torch.rand(1, hop, generator=dice) - 1
    state = None
    with torch.inference_mode():
        for first in range(0, frames, _BLOCK_FRAMES):
            count = min(_BLOCK_FRAMES, frames - first)
            fresh = 2 * torch.rand(1, count * hop, generator=dice) - 1
            noise, ahead = torch.cat([ahead, fresh], dim=1), fresh[:, -hop:]
            part = Controls(*(curve[:, first : first + count + 1] for curve in held))
            sound, state = step(state, part, noise)
            yield sound, (first + count) / frames


def _envelope(
    held_seconds: float, config: SynthConfig, touch: Touch
) -> Float32[np.ndarray, " frames"]:
    times = (touch.attack_ms, config.decay_ms, touch.release_ms)
    attack, decay, release = (torch.tensor([max(ms, 0.1) / 1000]).log() for ms in times)
    frames = int(np.ceil((held_seconds + touch.release_ms / 1000) * FRAMES_PER_SECOND)) + 1
    envelope = Envelope(attack, decay, torch.tensor([config.sustain]), release)
    level = adsr(envelope, torch.tensor([held_seconds]), frames, float(FRAMES_PER_SECOND))
    return level[0].numpy()


def _sweep(ends: tuple[float, float], controls: Controls) -> Float[Tensor, "1 frames"]:
    return ends[0] + (ends[1] - ends[0]) * controls.age


def _operator_levels(
    patch: Patch, bright: tuple[float, float], controls: Controls
) -> Float[Tensor, "1 frames 6"]:
    bending = controls.level * _sweep(bright, controls)
    heard = controls.level / len(patch.heard)
    return torch.stack([heard if i in patch.heard else bending for i in range(1, 7)], dim=2)


def _around(controls: Controls, width: float, rate: int) -> Float[Tensor, "1 frames bands"]:
    """A bell of noise on the pitch, at least a band wide, as loud however wide."""
    bands_hz = torch.linspace(0, rate / 2, _BANDS)
    band_hz = rate / 2 / (_BANDS - 1)
    pitch = controls.f0_hz[:, :, None]
    spread = torch.clamp(pitch * (2 ** (width / 2) - 2 ** (-width / 2)) / 2, min=band_hz / 2)
    bell = torch.exp(-0.5 * ((bands_hz - pitch) / spread) ** 2)
    # Uniform noise has a power of 1/3, shared out over all bands.
    power = (bell**2).sum(2, keepdim=True) / (3 * _BANDS)
    return controls.level[:, :, None] * bell * 0.25 / power.sqrt()


def _hop(config: SynthConfig) -> int:
    return config.sample_rate * config.oversample // FRAMES_PER_SECOND


def _check_finite(controls: Controls) -> None:
    for name, curve in zip(Controls._fields, controls, strict=True):
        if not bool(torch.isfinite(curve).all()):
            raise ThresherError(f"{name} is not finite everywhere", hint="check the settings")
