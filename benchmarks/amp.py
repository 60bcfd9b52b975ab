"""How near each preset comes to an amplifier, beside the best that a linear filter can do.

    thresher corpus AMP FOLDER; thresher train amp AMP --preset nano; …
    python benchmarks/amp.py WORKSPACE AMP

Prints the Markdown tables of docs/amp.md: error-to-signal ratio over everything held out, of every
run of that corpus, and of filters fitted by least squares to what the runs learned from.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.signal

from thresher.audio.null_test import error_by_band, error_to_signal
from thresher.corpus import Corpus, open_corpus
from thresher.models.amp.anatomy import amplify
from thresher.models.checkpoint import find_checkpoint, open_checkpoint
from thresher.training.run import Run, open_run
from thresher.workspace import Workspace

TAPS = (64, 1024)


def best_filter(dry: np.ndarray, wet: np.ndarray, taps: int) -> np.ndarray:
    """The causal filter with the least squared error, from the Wiener-Hopf equations."""
    size = 1 << int(np.ceil(np.log2(len(dry) + taps)))
    a, b = np.fft.rfft(dry, size), np.fft.rfft(wet, size)
    own = np.fft.irfft(np.abs(a) ** 2)[:taps]
    own[0] *= 1 + 1e-9
    return scipy.linalg.solve_toeplitz(own, np.fft.irfft(a.conj() * b)[:taps])


def held_out(corpus: Corpus) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dry sound with a second of past, wet sound, and how much of the former is past."""
    start, stop = corpus.pairs.validation[0]
    before = min(corpus.sample_rate, start)
    return corpus.pairs.dry[start - before : stop], corpus.pairs.wet[start:stop], before


def linear(corpus: Corpus) -> Iterator[tuple[str, float]]:
    first, last = corpus.pairs.training[0]
    dry, wet, before = held_out(corpus)
    for taps in TAPS:
        found = best_filter(
            corpus.pairs.dry[first:last].astype(np.float64),
            corpus.pairs.wet[first:last].astype(np.float64),
            taps,
        )
        made = scipy.signal.lfilter(found, 1.0, dry)[before:]
        yield f"best linear filter, {taps} taps", error_to_signal(wet, made)


def played(run: Run, corpus: Corpus) -> np.ndarray:
    """What the run's best checkpoint makes of what is held out."""
    checkpoint = open_checkpoint(find_checkpoint(run.folder))
    dry, _, before = held_out(corpus)
    return amplify(checkpoint.networks(), checkpoint.config, dry, None)[before:]


def runs_of(workspace: Workspace, corpus: Corpus) -> list[Run]:
    found = [open_run(f) for f in workspace.folders() if f.parent.name == "runs"]
    ours = [r for r in found if r.family == "amp" and r.manifest["corpus"]["name"] == corpus.name]
    return [run for run in ours if run.manifest.get("best")]


def main(folder: str, name: str) -> None:
    workspace = Workspace(Path(folder))
    corpus = open_corpus(workspace.corpus(name))
    wet = held_out(corpus)[1]
    filters = dict(linear(corpus))
    reference = filters[f"best linear filter, {TAPS[0]} taps"]
    print("| what | weights | steps | learned for | error to signal | times better |")
    print("|---|---:|---:|---:|---:|---:|")
    for what, esr in filters.items():
        print(f"| {what} | | | | {esr:.4f} | {reference / esr:.1f} |")
    best: tuple[float, str, np.ndarray] | None = None
    for run in runs_of(workspace, corpus):
        made = played(run, corpus)
        esr = error_to_signal(wet, made)
        checkpoint = open_checkpoint(find_checkpoint(run.folder))
        weights = checkpoint.networks()["network"].weights
        [stage] = [s for s in run.manifest["stages"] if s["name"] == "train network"]
        print(
            f"| {run.manifest['preset'] or 'standard'} ({run.id}) | {weights:,} | "
            f"{checkpoint.step:,} | {stage['seconds']:.0f} s | {esr:.4f} | {reference / esr:.1f} |"
        )
        if best is None or esr < best[0]:
            best = esr, run.id, made
    if best is None:
        return
    print(f"\n{best[1]}, band by band:\n\n| band | share of the energy | error to signal |")
    print("|---|---:|---:|")
    for band in error_by_band(wet, best[2], corpus.sample_rate):
        print(f"| {band.low_hz:,.0f}–{band.high_hz:,.0f} Hz | {band.share:.2%} | {band.esr:.4f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
