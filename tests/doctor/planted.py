"""Faults planted on purpose, each with the word the doctor must say.

Used on made music by the tests and on real recordings by `benchmarks/faults.py`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.signal
import soundfile
import soxr

RATE = 44_100
Sound = np.ndarray
"""``[samples, 2]``"""


class Plant(NamedTuple):
    name: str
    fault: str
    make: Callable[[Path, Sound, int], None]
    """Writes one or more files into a folder; the sound and its rate are given."""


def write(folder: Path, name: str, sound: Sound, rate: int, **options) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    channels = sound.shape[1] if sound.ndim > 1 else 1
    with soundfile.SoundFile(folder / name, "w", rate, channels, **options) as file:
        for start in range(0, len(sound), 50_000):  # libvorbis dislikes long writes
            file.write(sound[start : start + 50_000])


def decibels(value: float) -> float:
    return 10 ** (value / 20)


def scaled(sound: Sound, peak: float) -> Sound:
    return sound * (peak / np.abs(sound).max())


def _one(change: Callable[[Sound, int], Sound], name: str = "take.wav", **options):
    def make(folder: Path, sound: Sound, rate: int) -> None:
        write(folder, name, change(sound, rate), rate, **options)

    return make


def _resampled(low: int):
    def change(sound: Sound, rate: int) -> Sound:
        return soxr.resample(soxr.resample(sound, rate, low), low, rate)

    return change


def _low_passed(hz: float):
    def change(sound: Sound, rate: int) -> Sound:
        taps = scipy.signal.firwin(1023, hz, fs=rate, window=("kaiser", 12.0))
        # A codec's encoder leaves nothing above but the decoder's rounding.
        return scipy.signal.fftconvolve(sound, taps[:, None], mode="same", axes=0)

    return change


def _bright(sound: Sound, rate: int) -> Sound:
    noise = np.random.default_rng(3).normal(size=sound.shape) * 0.003
    return sound + noise


def hum(mains: float, level_db: float):
    def change(sound: Sound, rate: int) -> Sound:
        time = np.arange(len(sound)) / rate
        lines = sum(np.sin(2 * np.pi * mains * k * time) / k for k in (1, 2, 3, 4, 6))
        return sound * 0.8 + decibels(level_db) * lines[:, None]

    return change


def cut(sound: Sound, rate: int, ms: float) -> Sound:
    out = sound.copy()
    # Where it is loud: a hole in a pause is no hole.
    start = loud_place(sound, rate)
    out[start : start + round(ms * rate / 1000)] = 0
    return out


def loud_place(sound: Sound, rate: int) -> int:
    level = np.abs(sound).min(axis=1)
    smooth = scipy.signal.fftconvolve(level, np.ones(rate // 50) / (rate // 50), mode="same")
    middle = slice(len(sound) // 4, 3 * len(sound) // 4)
    return len(sound) // 4 + int(smooth[middle].argmax())


def _clicked(sound: Sound, rate: int) -> Sound:
    out = scaled(sound, 0.5)
    for place in (0.31, 0.57, 0.83):
        out[int(place * len(out))] += 0.4
    return out


def _spliced(sound: Sound, rate: int) -> Sound:
    out = scaled(sound, 0.4)
    slow = scipy.signal.sosfilt(scipy.signal.butter(2, 800, fs=rate, output="sos"), out, axis=0)
    half = len(slow) // 2
    slow[half:] += 0.3 * np.exp(-np.arange(len(slow) - half) / (0.02 * rate))[:, None]
    return slow


def _copy(change: Callable[[Sound, int], tuple[Sound, int]], name: str = "copy.wav", **options):
    def make(folder: Path, sound: Sound, rate: int) -> None:
        write(folder, "first.wav", sound, rate)
        other, other_rate = change(sound, rate)
        write(folder, name, other, other_rate, **options)

    return make


def _pair(change: Callable[[Sound, int], tuple[Sound, int]]):
    def make(folder: Path, sound: Sound, rate: int) -> None:
        dry = sound[:, 0]
        wet, wet_rate = change(driven(dry), rate)
        write(folder, "input.wav", dry, rate)
        write(folder, "output.wav", wet, wet_rate)

    return make


def driven(dry: np.ndarray) -> np.ndarray:
    """A plain amplifier: a filter, a soft limit, another filter."""
    treble = scipy.signal.lfilter([1, -0.6], [1], dry)
    return 0.4 * scipy.signal.lfilter([0.5, 0.3], [1, -0.2], np.tanh(4 * treble))


def _delayed(ms: float):
    def change(wet: np.ndarray, rate: int):
        late = round(abs(ms) * rate / 1000)
        silence = np.zeros(late)
        if ms > 0:
            return np.concatenate([silence, wet[: len(wet) - late]]), rate
        return np.concatenate([wet[late:], silence]), rate

    return change


def _unrelated(wet: np.ndarray, rate: int):
    return np.random.default_rng(9).normal(size=len(wet)) * 0.1, rate


def _mixed(folder: Path, sound: Sound, rate: int) -> None:
    quarter = len(sound) // 5
    for number in range(5):
        part = scaled(sound[number * quarter : (number + 1) * quarter], 0.5)
        write(folder, f"{number}.wav", part * (decibels(-24) if number == 3 else 1), rate)


def _truncated(folder: Path, sound: Sound, rate: int) -> None:
    write(folder, "take.flac", sound, rate)
    whole = (folder / "take.flac").read_bytes()
    (folder / "take.flac").write_bytes(whole[: len(whole) // 2])


def _text_file(folder: Path, sound: Sound, rate: int) -> None:
    write(folder, "good.wav", sound, rate)
    (folder / "broken.wav").write_text("this is no sound")


def _not_finite(folder: Path, sound: Sound, rate: int) -> None:
    out = sound.astype(np.float32).copy()
    out[len(out) // 2] = np.nan
    write(folder, "take.wav", out, rate, subtype="FLOAT")


def _excerpt(sound: Sound, rate: int):
    return sound[len(sound) // 3 : 2 * len(sound) // 3], rate


def _hot_mp3(sound: Sound, rate: int) -> Sound:
    return np.clip(scaled(sound, 4.0), -1, 1)


PLANTS = (
    Plant("clipped by 6 dB", "clipping", _one(lambda s, r: np.clip(scaled(s, 2), -1, 1))),
    Plant("clipped by 3 dB", "clipping", _one(lambda s, r: np.clip(scaled(s, 1.41), -1, 1))),
    Plant(
        "clipped, then 9 dB down",
        "clipping",
        _one(lambda s, r: 0.355 * np.clip(scaled(s, 2), -1, 1)),
    ),
    Plant(
        "one channel clipped",
        "clipping",
        _one(lambda s, r: np.stack([np.clip(scaled(s, 2)[:, 0], -1, 1), 0.9 * s[:, 1]], 1)),
    ),
    Plant(
        "clipped, then 9 dB down, as flac of 24 bits",
        "clipping",
        _one(lambda s, r: 0.355 * np.clip(scaled(s, 2), -1, 1), "t.flac", subtype="PCM_24"),
    ),
    Plant("clipped, then mp3", "clipping", _one(_hot_mp3, "take.mp3")),
    Plant("offset of 3%", "DC offset", _one(lambda s, r: 0.9 * scaled(s, 1) + 0.03)),
    Plant(
        "offset of a quiet recording",
        "DC offset",
        _one(lambda s, r: 0.02 * scaled(s, 1) + 0.002),
    ),
    Plant("digital silence", "silent", _one(lambda s, r: np.zeros_like(s))),
    Plant("next to nothing", "silent", _one(lambda s, r: 0.0003 * scaled(s, 1))),
    Plant(
        "5 s of leading silence",
        "leading silence",
        _one(lambda s, r: np.concatenate([np.zeros((5 * r, 2)), s])),
    ),
    Plant(
        "5 s of trailing silence",
        "trailing silence",
        _one(lambda s, r: np.concatenate([s, np.zeros((5 * r, 2))])),
    ),
    Plant(
        "6 s of silence inside",
        "inner silence",
        _one(
            lambda s, r: np.concatenate([s[: len(s) // 2], np.zeros((6 * r, 2)), s[len(s) // 2 :]])
        ),
    ),
    Plant("a dropout of 20 ms", "dropout", _one(lambda s, r: cut(s, r, 20))),
    Plant("a dropout of 3 ms", "dropout", _one(lambda s, r: cut(s, r, 3))),
    Plant("a dropout of half a second", "dropout", _one(lambda s, r: cut(s, r, 500))),
    Plant("three clicks", "click", _one(_clicked)),
    Plant("a bad splice", "click", _one(_spliced)),
    Plant("hum at 50 Hz", "hum", _one(hum(50, -28))),
    Plant("hum at 60 Hz", "hum", _one(hum(60, -28))),
    Plant("the same in both channels", "mono in stereo", _one(lambda s, r: s[:, [0, 0]])),
    Plant("a dead channel", "dead channel", _one(lambda s, r: s * [1, 0])),
    Plant("a channel 50 dB down", "dead channel", _one(lambda s, r: s * [0.003, 1])),
    Plant("one channel inverted", "inverted channel", _one(lambda s, r: s * [1, -1])),
    Plant("16 kHz in 44.1 kHz", "upsampled", _one(_resampled(16_000))),
    Plant("22.05 kHz in 44.1 kHz", "upsampled", _one(_resampled(22_050))),
    Plant("8 kHz in 44.1 kHz", "upsampled", _one(_resampled(8_000))),
    Plant(
        "low-pass at 16 kHz, as mp3 leaves it",
        "lossy low-pass",
        _one(lambda s, r: _low_passed(16_000)(_bright(s, r), r), "t.flac"),
    ),
    Plant(
        "low-pass at 19 kHz",
        "lossy low-pass",
        _one(lambda s, r: _low_passed(19_000)(_bright(s, r), r), "t.flac"),
    ),
    Plant("a copy", "duplicate", _copy(lambda s, r: (s, r))),
    Plant("a copy 10 dB down", "duplicate", _copy(lambda s, r: (s * 0.3, r))),
    Plant("a copy as ogg", "duplicate", _copy(lambda s, r: (s, r), "copy.ogg")),
    Plant("a copy as mp3", "duplicate", _copy(lambda s, r: (0.9 * s, r), "copy.mp3")),
    Plant(
        "a copy at 48 kHz",
        "duplicate",
        _copy(lambda s, r: (soxr.resample(s, r, 48_000), 48_000)),
    ),
    Plant(
        "a copy at 16 kHz, 2.34 s late",
        "duplicate",
        _copy(
            lambda s, r: (
                soxr.resample(np.concatenate([0.001 * s[: int(2.34 * r)], s]), r, 16_000),
                16_000,
            )
        ),
    ),
    Plant("a copy upside down", "duplicate", _copy(lambda s, r: (-s, r))),
    Plant("an excerpt", "duplicate", _copy(_excerpt)),
    Plant(
        "48 kHz labelled 44.1",
        "wrong speed",
        _copy(lambda s, r: (soxr.resample(s, r, r * 48_000 / 44_100), r)),
    ),
    Plant(
        "22.05 kHz labelled 44.1",
        "wrong speed",
        _copy(lambda s, r: (soxr.resample(s, r, r / 2), r)),
    ),
    Plant("one of five 24 dB down", "mixed loudness", _mixed),
    Plant("output 2 ms late", "misaligned pair", _pair(_delayed(2))),
    Plant("output 40 ms late", "misaligned pair", _pair(_delayed(40))),
    Plant("output 1 ms early", "misaligned pair", _pair(_delayed(-1))),
    Plant("output upside down", "inverted pair", _pair(lambda w, r: (-w, r))),
    Plant("output cut short", "differing lengths", _pair(lambda w, r: (w[: -r // 4], r))),
    Plant(
        "output at another rate",
        "differing rates",
        _pair(lambda w, r: (soxr.resample(w, r, 48_000), 48_000)),
    ),
    Plant("output of something else", "unrelated pair", _pair(_unrelated)),
    Plant("not a number", "broken file", _not_finite),
    Plant("cut off half-way", "broken file", _truncated),
    Plant("text named .wav", "broken file", _text_file),
)
