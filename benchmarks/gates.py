"""What real music measures at every gate of curation, and what broken music measures.

    python benchmarks/gates.py [FOLDER OF SONGS]

Prints the Markdown tables of docs/measured.md: a limit belongs between the two columns.
"""

import sys
from pathlib import Path

import numpy as np
from songs import RATE, excerpts, songs

from thresher.audio.config import limits_in
from thresher.audio.descriptors import chroma, short_time
from thresher.audio.fingerprint import fingerprints, longest_quotation
from thresher.audio.loudness import rms_db
from thresher.audio.measures import clipped_fraction, measure, repetitiveness, runs
from thresher.curation.config import CurationConfig
from thresher.curation.gates import GATES

CONFIG = CurationConfig()
SECONDS = 10.0


def broken(name: str, sound: np.ndarray) -> np.ndarray:
    """The same excerpt with one thing wrong."""
    rng = np.random.default_rng(0)
    if name == "silence":
        return np.where(np.arange(len(sound)) < 0.4 * len(sound), sound, 0)
    if name == "dead":
        return sound * (10 ** (-41 / 20) / np.abs(sound).max())
    if name == "DC":
        return sound + 0.15 * np.float32(sound.std())
    if name == "clipping":
        return np.clip(4 * sound, -1, 1)
    if name == "noise":
        return (0.1 * rng.standard_normal(len(sound))).astype(np.float32)
    if name == "trap":
        return np.resize(sound[: int(1.37 * RATE)], len(sound))
    if name == "click":
        hit = np.zeros_like(sound)
        hit[rng.choice(len(sound), int(4 * SECONDS), replace=False)] = 0.9
        return 0.05 * sound + hit
    return sound[: int(1.5 * RATE)]


def values(gate: str, sounds: list[np.ndarray]) -> np.ndarray:
    field = next(g.measured for g in GATES if g.name == gate)
    found = [measure(s, RATE, short_time(s, RATE), limits_in(CONFIG)) for s in sounds]
    return np.array([getattr(m, field) for m in found])


def gates(real: list[np.ndarray]) -> None:
    print(f"{len(real)} excerpts of {SECONDS:g} s, and each of them broken on purpose\n")
    print("| gate | setting | real: median | real: worst | broken: mildest | limit |")
    print("|---|---|---:|---:|---:|---:|")
    for gate in GATES:
        low = gate.name in ("too short", "dead")  # these fire below their limit
        good = values(gate.name, real)
        bad = values(gate.name, [np.asarray(broken(gate.name, s), np.float32) for s in real])
        worst, mildest = (good.min(), bad.max()) if low else (good.max(), bad.min())
        limit = getattr(CONFIG, gate.setting)
        cells = (f"{np.median(good):.3g}", f"{worst:.3g}", f"{mildest:.3g}", f"{limit:g}")
        print(f"| {gate.name} | `{gate.setting}` | {' | '.join(cells)} |")


def levels(whole: list[np.ndarray]) -> None:
    """Where silence begins, and which pauses real songs have."""
    frames = [rms_db(song, round(0.05 * RATE)) for song in whole]
    inner = np.concatenate([f[20:-100] for f in frames])  # without how a song begins and ends
    marks = (0.1, 1, 5, 50)
    shown = ", ".join(
        f"{m:g}%: {v:.0f} dB" for m, v in zip(marks, np.percentile(inner, marks), strict=True)
    )
    print(f"\nLevel of 50 ms frames inside the songs, by percentile: {shown}.\n")
    print("| a pause is below, re median | longer than 0.1 s | 0.25 s | 0.5 s | 1 s |")
    print("|---:|---:|---:|---:|---:|")
    for below in (-20, -30, -40, -50, -60):
        lengths = np.concatenate([pauses(f, below) for f in frames])
        counts = [str(int((lengths >= least).sum())) for least in (0.1, 0.25, 0.5, 1.0)]
        print(f"| {below} dB | {' | '.join(counts)} |")


def quiet_spans(whole: list[np.ndarray]) -> None:
    """How quiet the quietest stretches of songs are, beginnings and endings included."""
    spans = [s[a : a + 8 * RATE] for s in whole for a in range(0, len(s) - 8 * RATE + 1, RATE)]
    level = np.array([10 * np.log10(np.square(s, dtype=np.float64).mean() + 1e-12) for s in spans])
    marks = (1, 5, 10, 20, 50)
    shown = zip(marks, np.percentile(level, marks) - np.median(level), strict=True)
    print("\nRMS of 8 s spans re their median, by percentile: ", end="")
    print(", ".join(f"{m}%: {v:.1f} dB" for m, v in shown) + ".")


def pauses(level: np.ndarray, below: float) -> np.ndarray:
    starts, stops = runs(level < np.median(level) + below)
    return 0.05 * (stops - starts)


def flat_tops(real: list[np.ndarray]) -> None:
    """How many samples in a row make a flat top."""
    print("\n| samples in a row at 0.999 | music, peaks at full scale | clipped by 3 dB |")
    print("|---:|---:|---:|")
    peaks = [s / np.abs(s).max() for s in real]
    clipped = [np.clip(1.41 * s, -1, 1) for s in peaks]
    for run in (1, 2, 3, 5):
        shares = [max(clipped_fraction(s, 0.999, run) for s in each) for each in (peaks, clipped)]
        print(f"| {run} | {shares[0]:.5f} | {shares[1]:.5f} |")


def spans(real: list[np.ndarray]) -> None:
    """How long a stretch must repeat before it is a trap."""
    print("\n| held for | real music: highest correlation | a loop of 1.37 s: lowest |")
    print("|---:|---:|---:|")
    for seconds in (2.0, 4.0, 8.0):
        config = CurationConfig(trap_seconds=seconds, trap_longest_lag=min(4.0, seconds / 2))
        ours = [repetitiveness(short_time(s, RATE).mel_db, limits_in(config))[0] for s in real]
        loops = [np.asarray(broken("trap", s), np.float32) for s in real]
        theirs = [repetitiveness(short_time(s, RATE).mel_db, limits_in(config))[0] for s in loops]
        print(f"| {seconds:g} s | {max(ours):.3f} | {min(theirs):.3f} |")


def quotations(whole: list[np.ndarray], real: list[np.ndarray]) -> None:
    """Longest run shared with another song, and with the song an excerpt was cut from."""
    prints = [fingerprints(chroma(song, RATE)) for song in whole]
    cut = [int(0.37 * len(song)) for song in whole]
    copies = [
        fingerprints(chroma(s[c : c + 10 * RATE], RATE)) for s, c in zip(whole, cut, strict=True)
    ]
    print("\n| bits that may differ | longest run in another song | shortest in the song copied |")
    print("|---:|---:|---:|")
    for bits in (1, 2, 3, 5, 7):
        others, own = [], []
        for i, copy in enumerate(copies):
            found = [longest_quotation(copy, p[0], bits, 0.5)[0] for p in prints]
            own.append(found.pop(i))
            others += found
        print(f"| fewer than {bits} | {max(others):.1f} s | {min(own):.1f} s |")


def main() -> None:
    whole = songs(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    real = excerpts(whole, SECONDS, every=30.0)
    gates(real)
    levels(whole)
    quiet_spans(whole)
    flat_tops(real)
    spans(real)
    quotations(whole, real)


if __name__ == "__main__":
    main()
