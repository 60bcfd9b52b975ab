"""Made amplifiers: plucked strings, and two circuits that they go through."""

from pathlib import Path

import numpy as np
import scipy.signal
from jaxtyping import Float

from thresher.audio.files import write_flac

RATE = 48_000
"""What interfaces run at."""

NOTE_SECONDS = 0.5
CLICK_SECONDS = 1.0
"""Of silence with a click in the middle, before the first note: it settles the delay, and has
died away before anything louder comes back."""

HELD_OUT_SECONDS = 4.0
GAP_SECONDS = 0.5
"""What `thresher.corpus` leaves unused before what is held out."""

Sound = Float[np.ndarray, " samples"]


def strings(seconds: float, seed: int = 0) -> Sound:
    """Plucked strings, two a second, from 80 to 500 Hz, soft and hard; within [-0.5, 0.5].

    Noise that goes round in a loop and loses its treble: Karplus and Strong 1983.
    """
    draw = np.random.default_rng(seed)
    notes = [_string(draw) for _ in range(int(np.ceil(seconds / NOTE_SECONDS)))]
    return np.concatenate(notes)[: int(seconds * RATE)]


def valve(dry: Sound) -> Sound:
    """High-pass 120 Hz, twenty times, bent off its middle, low-pass 5 kHz, half."""
    high = scipy.signal.butter(1, 120, "highpass", fs=RATE, output="sos")
    low = scipy.signal.butter(2, 5_000, fs=RATE, output="sos")
    driven = 20 * scipy.signal.sosfilt(high, dry)
    return np.asarray(0.5 * scipy.signal.sosfilt(low, np.tanh(driven + 0.3) - np.tanh(0.3)))


def screamer(dry: Sound) -> Sound:
    """An overdrive pedal after the Ibanez TS9's circuit, drive and tone half-way.

    The dry guitar, and beside it what lies above 720 Hz (4.7 kOhm, 47 nF), sixty times, held to
    0.6 V by two diodes; then a low-pass of 723 Hz (1 kOhm, 220 nF), half of it undone by the tone
    knob. A full-scale guitar is taken for one volt.
    """
    high = scipy.signal.butter(1, 720, "highpass", fs=RATE, output="sos")
    low = scipy.signal.butter(1, 723, fs=RATE, output="sos")
    driven = dry + 0.6 * np.tanh(60 * scipy.signal.sosfilt(high, dry) / 0.6)
    return np.asarray(0.5 * driven + 0.5 * scipy.signal.sosfilt(low, driven))


CIRCUITS = {"valve": valve, "screamer": screamer}


def write_pair(folder: Path, circuit: str, seconds: float) -> Path:
    """Put ``input.flac`` and ``output.flac`` there: ``seconds`` to learn, and what is held out."""
    played = strings(seconds + GAP_SECONDS + HELD_OUT_SECONDS - CLICK_SECONDS)
    dry = np.concatenate([np.zeros(int(CLICK_SECONDS * RATE)), played])
    dry[int(CLICK_SECONDS * RATE) // 2] = 0.9
    for name, sound in (("input", dry), ("output", CIRCUITS[circuit](dry))):
        write_flac(folder / f"{name}.flac", sound.astype(np.float32), RATE)
    return folder


def _string(draw: np.random.Generator) -> Sound:
    period = int(RATE / draw.uniform(80, 500))
    count = int(NOTE_SECONDS * RATE)
    sound = np.zeros(1 + period + count)  # before the pluck, one turn of silence
    pluck = 1 + period
    sound[pluck : pluck + period] = draw.uniform(-1, 1, period)
    for at in range(pluck + period, len(sound), period):
        turn = sound[at - period - 1 : at][: len(sound) - at + 1]
        sound[at : at + period] = 0.498 * (turn[1:] + turn[:-1])
    return sound[pluck:] * draw.uniform(0.1, 0.5)
