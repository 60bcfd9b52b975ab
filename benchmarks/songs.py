"""The bundled songs, as other benchmarks want them: mono at 16 kHz."""

from pathlib import Path

import numpy as np

from thresher.audio.files import read_audio

RATE = 16_000
DEMO = Path(__file__).parents[1] / "demo" / "sectoid"


def songs(folder: Path | None = None) -> list[np.ndarray]:
    """Every Ogg file of a folder, mono float32."""
    found = sorted((folder or DEMO).glob("*.ogg"))
    return [mono(path) for path in found]


def mono(path: Path) -> np.ndarray:
    samples = read_audio(path, sample_rate=RATE).samples
    return samples if samples.ndim == 1 else samples.mean(axis=0)


def excerpts(whole: list[np.ndarray], seconds: float, every: float) -> list[np.ndarray]:
    """Pieces of each song, evenly spaced, leaving out its first and last 10 s."""
    length, step = int(seconds * RATE), int(every * RATE)
    return [
        song[start : start + length]
        for song in whole
        for start in range(10 * RATE, len(song) - length - 10 * RATE, step)
    ]


if __name__ == "__main__":
    for path in sorted(DEMO.glob("*.ogg")):
        sound = mono(path)
        peak, rms = np.abs(sound).max(), np.sqrt(np.square(sound).mean())
        print(f"{path.stem}: {len(sound) / RATE:.0f} s, ", end="")
        print(f"RMS {20 * np.log10(rms):.1f} dBFS, peak {20 * np.log10(peak):.1f} dBFS")
