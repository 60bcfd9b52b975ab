"""Building a corpus against decoding alone: what do resampling, codes and curves cost?

    python benchmarks/corpus.py [RECORDINGS…]

Prints a Markdown table; all rows come from one run, so the ratios hold although the
seconds depend on the machine. The demo songs are read unless others are given.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from thresher.audio.files import open_audio
from thresher.corpus import build_corpus
from thresher.corpus.build import THREADS
from thresher.corpus.sources import Source, find_recordings
from thresher.workspace import Workspace

DEMO = Path(__file__).parents[1] / "demo" / "sectoid"


def decode(path: Path) -> float:
    """Seconds of sound in a recording, all of it decoded and thrown away."""
    with open_audio(path) as decoder:
        return sum(len(block) for block in decoder.blocks()) / decoder.probe.sample_rate


def decode_all(paths: Sequence[Path]) -> None:
    for path in paths:
        decode(path)


def decode_in_threads(paths: Sequence[Path]) -> None:
    with ThreadPoolExecutor(THREADS) as executor:
        list(executor.map(decode, paths))


def decode_in_processes(paths: Sequence[Path]) -> None:
    with ProcessPoolExecutor(THREADS) as executor:
        list(executor.map(decode, paths))


def build(paths: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        build_corpus(Workspace(Path(folder)), "benchmark", paths)


def best_seconds(work: Callable[[Sequence[Path]], None], paths: Sequence[Path]) -> float:
    """The quickest of three: the others were disturbed by something."""
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        work(paths)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main() -> None:
    given = [Source(Path(text)) for text in sys.argv[1:]] or [Source(DEMO)]
    paths = [recording.path for recording in find_recordings(given).recordings]
    length = sum(map(decode, paths))  # also brings the files into the page cache
    plain = best_seconds(decode_all, paths)
    rows = [
        ("decoding alone", plain),
        (f"decoding alone, {THREADS} threads", best_seconds(decode_in_threads, paths)),
        (f"decoding alone, {THREADS} processes", best_seconds(decode_in_processes, paths)),
        (f"`thresher corpus`, {THREADS} threads", best_seconds(build, paths)),
    ]
    print(f"{len(paths)} recordings, {length / 60:.1f} minutes\n")
    print("| | seconds | against decoding alone | minutes of sound per second |")
    print("|---|---:|---:|---:|")
    for name, seconds in rows:
        print(f"| {name} | {seconds:.2f} | {seconds / plain:.2f} | {length / 60 / seconds:.1f} |")


if __name__ == "__main__":
    main()
