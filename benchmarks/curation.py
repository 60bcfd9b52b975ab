"""Curating 200 clips of 20 s against the original's all-pairs method.

    python benchmarks/curation.py [CLIPS [SECONDS]]

Prints a Markdown table; all rows come from one run, so the ratios hold although the
seconds depend on the machine. Seconds are of processor time, child processes included, so
that other work on the machine does not count. Clips are cut from the demo songs, a
different one each.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt32

from thresher.audio.files import read_audio, write_flac
from thresher.curation import CurationConfig, curate, curate_like_the_seed
from thresher.curation.compose import compose
from thresher.curation.describe import Clip, describe_clips
from thresher.curation.original import all_scores, order_like_the_seed
from thresher.curation.sources import find_sources
from thresher.settings import replace
from thresher.workspace import Workspace

DEMO = Path(__file__).parents[1] / "demo"
RATE = 16_000
WORDS_PER_CLIP = 140
LONGEST_BASELINE = 200
"""More clips than this are compared in part, and the time scaled with the square."""


def originals_similarity(a: list[int], b: list[int]) -> float:
    """The original's loop over words, as everyone copies it."""
    total = 0.0
    for x, y in zip(a, b, strict=False):
        total += (32 - bin(x ^ y).count("1")) / 32
    return total / min(len(a), len(b))


def originals_order(words: list[list[int]]) -> list[int]:
    """All ordered pairs in nested loops, into a dictionary keyed by score."""
    pairs = {}
    for i, a in enumerate(words):
        for j, b in enumerate(words):
            if i != j:
                pairs[originals_similarity(a, b)] = (i, j)
    order: list[int] = []
    for score in sorted(pairs, reverse=True):
        i, j = pairs[score]
        if i not in order and j not in order:
            order += [i, j]
    return order


def quick_order(words: list[UInt32[np.ndarray, " _"]]) -> list[int]:
    return order_like_the_seed(all_scores(words))


def seconds_of(work: Callable[[], object]) -> float:
    started = sum(os.times()[:4])
    work()
    return sum(os.times()[:4]) - started


def write_clips(folder: Path, count: int, seconds: float) -> None:
    """Excerpts at even distances, each a little faster or slower than the last."""
    songs = [read_audio(path, sample_rate=RATE).samples for path in sorted(DEMO.rglob("*.ogg"))]
    music = np.concatenate(songs)
    length = round(seconds * RATE)
    for k, start in enumerate(np.linspace(0, len(music) - 1.1 * length - 1, count)):
        speed = 0.95 + 0.1 * ((k * 0.618) % 1)  # no two clips share their samples
        at = start + np.arange(length) * speed
        clip = np.interp(
            at,
            np.arange(int(start), int(start) + int(1.1 * length)),
            music[int(start) : int(start) + int(1.1 * length)],
        )
        write_flac(folder / f"clip-{k:05d}.flac", np.clip(clip, -1, 1).astype(np.float32), RATE)


def measured(count: int, seconds: float) -> Iterator[tuple[str, float]]:
    """Name and seconds of every row; the first is the baseline."""
    config = CurationConfig()
    rng = np.random.default_rng(0)
    words = [rng.integers(0, 2**32, WORDS_PER_CLIP, dtype=np.uint32) for _ in range(count)]
    plain = [w.tolist() for w in words[:LONGEST_BASELINE]]
    scale = (count / len(plain)) ** 2
    with tempfile.TemporaryDirectory() as home:
        clips = Path(home) / "clips"
        write_clips(clips, count, seconds)
        workspace = Workspace(Path(home) / "workspace")
        loops = scale * seconds_of(lambda: originals_order(plain))
        quick = seconds_of(lambda: quick_order(words))
        seed = seconds_of(lambda: curate_like_the_seed(workspace, "seed", [str(clips)], config))
        yield "the original: fingerprints, all pairs in nested loops, joining", seed - quick + loops
        yield "– of which comparing and ordering", loops
        yield "`--method seed`", seed
        yield "– of which comparing and ordering", quick
        cache = Path(home) / "described"
        sources = find_sources(workspace, [str(clips)]).clips
        found: list[Clip] = []
        describing = seconds_of(lambda: found.extend(describe_clips(sources, config, cache)))
        composing = seconds_of(lambda: compose(found, None, config))
        yield (
            "`thresher curate`: gates, phrases, order, joins, levels, song",
            seconds_of(lambda: curate(workspace, "song", [str(clips)], config)),
        )
        yield "– of which reading, measuring and describing", describing
        yield "– of which comparing and ordering", composing
        three = replace(config, {"minutes": 3.0})
        yield (
            "`thresher curate --minutes 3` of the same clips, described before",
            seconds_of(lambda: curate(workspace, "again", [str(clips)], three)),
        )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    rows = list(measured(count, seconds))
    baseline = rows[0][1]
    print(f"{count} clips of {seconds:g} s, {RATE} Hz\n")
    print("| | CPU seconds | times faster than the original | times real time |")
    print("|---|--:|--:|--:|")
    for name, took in rows:
        print(f"| {name} | {took:.2f} | {baseline / took:.1f} | {count * seconds / took:,.0f} |")


if __name__ == "__main__":
    main()
