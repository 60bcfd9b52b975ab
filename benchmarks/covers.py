"""What the numbers of a cover do: chance, layers, deviation, width, grain and size.

    python benchmarks/covers.py

Prints the Markdown tables of docs/measured.md.
"""

import io
import time
from pathlib import Path

import numpy as np
from PIL import Image
from songs import DEMO

from thresher.art.character import character
from thresher.art.compositions import COMPOSITIONS
from thresher.art.config import ArtConfig
from thresher.art.design import _called, design
from thresher.art.fields import pattern_network
from thresher.art.listening import Portrait, listen
from thresher.art.palette import to_srgb

SEEDS = 20


def chances(songs: list[Portrait]) -> None:
    """How often a seed overrules what the music alone would choose."""
    calls = {key: (one.base, one.calls) for key, one in COMPOSITIONS.items()}
    print(f"| `chance` | seeds that keep the song's own composition | different ones in {SEEDS} |")
    print("|---:|---:|---:|")
    for chance in (0.0, 0.2, 0.45, 0.7, 1.0):
        kept, kinds = [], []
        for song in songs:
            heard = character(song)
            own = _called(calls, heard, 0.0, np.random.default_rng(0))
            asked = [_called(calls, heard, chance, np.random.default_rng(s)) for s in range(SEEDS)]
            kept.append(np.mean([name == own for name in asked]))
            kinds.append(len(set(asked)))
        print(f"| {chance:g} | {np.mean(kept):.0%} | {np.mean(kinds):.1f} |")


def network(layers: int = 6, width: int = 32, sigma: float = 1.5) -> tuple[float, float]:
    """Detail (mean step between neighbouring points, five seeds) and seconds for one."""
    found, began = [], time.perf_counter()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        drawn = pattern_network(
            rng.standard_normal(8), np.zeros(8), folds=4, sigma=sigma, layers=layers,
            width=width, symmetry=0.0, rng=rng,
        )  # fmt: skip
        found.append(np.abs(np.diff(drawn.tone, axis=1)).mean())
    return 1000 * float(np.mean(found)), (time.perf_counter() - began) / 5


def networks() -> None:
    print("\n| pattern network | detail | takes |")
    print("|---|---:|---:|")
    for name, values in (
        ("layers", (2, 4, 6, 8)),
        ("width", (8, 16, 32, 64)),
        ("sigma", (0.5, 1.0, 1.5, 2.2, 3.0)),
    ):
        for value in values:
            detail, seconds = network(**{name: value})
            print(f"| {name} {value:g} | {detail:.1f} | {seconds:.1f} s |")


def bands() -> None:
    """Width of the steps that an eye could see in a dark sky."""
    lightness = np.linspace(0.10, 0.16, 3000)[None].repeat(200, axis=0)
    grit = np.random.default_rng(0).standard_normal(lightness.shape)
    print("\n| `grain` | longest stretch of one grey in a dark gradient, pixels |")
    print("|---:|---:|")
    for grain in (0.0, 0.003, 0.006, 0.013, 0.02):
        grey = np.stack([lightness + grain * grit, *2 * [np.zeros_like(lightness)]], axis=-1)
        codes = np.rint(255 * np.clip(to_srgb(grey.astype(np.float32)), 0, 1))[..., 0]
        edges = [np.flatnonzero(np.diff(row, prepend=-1, append=-1)) for row in codes]
        print(f"| {grain:g} | {np.median([np.diff(e).max() for e in edges]):.0f} |")


def sizes(songs: list[Portrait]) -> None:
    """Bytes of the largest of the songs' covers, as a JPEG of the quality that releases embed."""
    drawn = [
        design(song, character(song), seed=1, artist="A", title="T", config=ArtConfig()).render(
            1400
        )
        for song in songs
    ]
    print("\n| `cover_pixels` | largest of four covers |")
    print("|---:|---:|")
    for side in (500, 750, 1000, 1400):
        most = 0
        for picture in drawn:
            file = io.BytesIO()
            Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS).save(
                file, "JPEG", quality=88
            )
            most = max(most, file.tell())
        print(f"| {side} | {most / 1000:.0f} kB |")


def main() -> None:
    songs = [listen(path) for path in sorted(Path(DEMO).glob("*.ogg"))]
    chances(songs)
    networks()
    bands()
    sizes(songs)


if __name__ == "__main__":
    main()
