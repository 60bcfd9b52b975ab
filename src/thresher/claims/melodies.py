"""Made instruments, one note at a time: what claims about instruments are tested on.

Eight voices share two octaves out, three keys each, and no two have a key in common: a voice that
is held out holds pitches that nobody has learned from.
"""

import numpy as np
import torch
from jaxtyping import Float32

from thresher.audio.midi import Note
from thresher.synths.fm import fm, largest_index
from thresher.synths.performance import Performance, perform
from thresher.synths.six_operators import BRASS, six_operators

VOICES = 8
LOWEST_KEY = 50
"""The D below middle C: a clarinet's lowest."""
HOP = 64
FLOOR = 1e-3
"""Level of the hiss under everything, -60 dBFS, as under the plucks."""


def clarinet(number: int, seconds: float, sample_rate: int) -> Float32[np.ndarray, " samples"]:
    """Chowning's clarinet: an FM pair at 3:2, odd partials only, brighter where it is louder.

    Chowning 1973, section Woodwinds. Breath is 40 dB below the tone.
    """
    played = _played(number, seconds, sample_rate)
    force = _force(played)
    f0_hz = torch.from_numpy(played.f0_hz)[None]
    ratios = torch.tensor([[3.0, 2.0]])
    index = torch.minimum(2 + 2 * force, largest_index(f0_hz, ratios, sample_rate))
    tone = fm(f0_hz, 0.5 * force, index, ratios, sample_rate, HOP)[0].numpy()
    breath = 0.01 * np.repeat(force[0].numpy(), HOP)
    return _over_hiss(tone, breath, number, seconds, sample_rate)


def brass(number: int, seconds: float, sample_rate: int) -> Float32[np.ndarray, " samples"]:
    """Six operators wired as brass: the louder, the further the others bend the one heard.

    The crooked ratios (3.2 and 8.5) are heard in the first moments of a note only, as Risset and
    Mathews 1969 found in trumpets.
    """
    played = _played(number, seconds, sample_rate)
    force = _force(played)[0]
    rising = torch.from_numpy(played.velocity) - force
    levels = torch.stack(
        [force, 0.7 * force, 0.5 * force, 0.4 * force, 0.3 * rising, 0.2 * rising], dim=1
    )
    f0_hz = torch.from_numpy(played.f0_hz)[None]
    tone = six_operators(f0_hz, levels[None].clamp(0, 1), BRASS, sample_rate, HOP)[0].numpy()
    return _over_hiss(0.5 * tone, np.zeros(len(tone)), number, seconds, sample_rate)


def keys_of(number: int) -> tuple[int, ...]:
    """The three MIDI keys of a voice, eight semitones apart."""
    return tuple(range(LOWEST_KEY + number % VOICES, LOWEST_KEY + 3 * VOICES, VOICES))


def _played(number: int, seconds: float, sample_rate: int) -> Performance:
    """Notes of 0.3 to 1.2 s, some joined and some apart, soft and loud."""
    draw = np.random.default_rng([number, 1])
    notes, start = [], 0.1
    while start < seconds:
        length = float(draw.uniform(0.3, 1.2))
        key, velocity = int(draw.choice(keys_of(number))), int(draw.integers(40, 128))
        notes.append(Note(start, start + length, key, velocity))
        start += length + float(draw.choice([0.0, 0.2]))
    return perform(notes, seconds, rate_hz=sample_rate / HOP)


def _force(played: Performance) -> torch.Tensor:
    return torch.from_numpy(played.velocity * played.gate)[None]


def _over_hiss(
    tone: np.ndarray, breath: np.ndarray, number: int, seconds: float, sample_rate: int
) -> Float32[np.ndarray, " samples"]:
    draw = np.random.default_rng([number, 2])
    noise = (FLOOR + breath) * draw.standard_normal(len(tone))
    return np.asarray((tone + noise)[: round(seconds * sample_rate)], np.float32)
