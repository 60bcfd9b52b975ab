"""How strong a fault must be to be found, and that clean recordings have none.

    python benchmarks/faults.py [FOLDER] [--quick]

Prints the tables of docs/doctor.md: every planted fault of tests/doctor/planted.py on an
excerpt of a real recording, faults of growing strength, and what is found in FOLDER as it is
(default: the bundled songs). --quick takes one recording and no growing faults.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from thresher.audio.files import read_audio
from thresher.corpus.sources import Source, find_recordings
from thresher.doctor import examine

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "doctor"))

import planted  # noqa: E402

SECONDS = 20
LOWEST_RATE = 44_100
Change = Callable[[np.ndarray, int], np.ndarray]


def excerpt(path: Path) -> tuple[np.ndarray, int]:
    """Twenty seconds from the middle, stereo, peak 0.9."""
    audio = read_audio(path, mono=False)
    sound = np.atleast_2d(audio.samples).T.astype(np.float64)
    first = max(0, len(sound) // 2 - SECONDS * audio.sample_rate // 2)
    sound = sound[first : first + SECONDS * audio.sample_rate]
    return sound * (0.9 / np.abs(sound).max()), audio.sample_rate


def faults_of(write: Callable[[Path], None]) -> set[str]:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "recordings")
        return {finding.fault for finding in examine([Path(folder)]).findings}


def one(change: Change, sound: np.ndarray, rate: int) -> Callable[[Path], None]:
    return lambda folder: planted.write(folder, "take.wav", change(sound, rate), rate)


def louder(by_db: float) -> Change:
    return lambda s, r: np.clip(planted.scaled(s, planted.decibels(by_db)), -1, 1)


def clicked(height: float) -> Change:
    def change(sound: np.ndarray, rate: int) -> np.ndarray:
        out = planted.scaled(sound, 0.5)
        for place in (0.21, 0.37, 0.52, 0.68, 0.83):
            out[int(place * len(out))] += height
        return out

    return change


def planting(plant: planted.Plant, sound: np.ndarray, rate: int) -> Callable[[Path], None]:
    return lambda folder: plant.make(folder, sound, rate)


STRENGTHS: tuple[tuple[str, str, str, tuple[float, ...], Callable[[float], Change]], ...] = (
    ("clipping", "clipped by", "dB", (0.5, 1, 2, 3, 6), louder),
    (
        "DC offset",
        "offset",
        "of full scale",
        (0.002, 0.005, 0.01, 0.02),
        lambda v: lambda s, r: 0.9 * s + v,
    ),
    (
        "dropout",
        "hole",
        "ms",
        (0.5, 1, 2, 5, 20),
        lambda v: lambda s, r: planted.cut(s, r, v),
    ),
    ("click", "five clicks of", "of full scale", (0.02, 0.05, 0.1, 0.2, 0.4), clicked),
    ("hum", "50 Hz at", "dBFS", (-46, -40, -34, -28), lambda v: planted.hum(50, v)),
    (
        "dead channel",
        "one channel lower by",
        "dB",
        (20, 30, 40, 50),
        lambda v: lambda s, r: s * [planted.decibels(-v), 1],
    ),
    (
        "mono in stereo",
        "difference of channels",
        "dB",
        (-40, -50, -60, -70),
        lambda v: lambda s, r: s[:, [0, 0]] + s[:, [1, 0]] * [0, planted.decibels(v)],
    ),
)


def table_of_plants(recordings: list[tuple[str, np.ndarray, int]]) -> None:
    names = [name for name, _, _ in recordings]
    print(f"| planted | to be told as | {' | '.join(names)} |")
    print(f"|---|---|{'---|' * len(names)}")
    missed = 0
    for plant in planted.PLANTS:
        cells = []
        for _, sound, rate in recordings:
            there = plant.fault in faults_of(planting(plant, sound, rate))
            cells.append("found" if there else "**missed**")
            missed += not there
        print(f"| {plant.name} | {plant.fault} | {' | '.join(cells)} |", flush=True)
    total = len(planted.PLANTS) * len(recordings)
    print(f"\n{total - missed} of {total} found.\n")


def table_of_strengths(recordings: list[tuple[str, np.ndarray, int]]) -> None:
    names = [name for name, _, _ in recordings]
    print(f"| fault | mildest that is found: {' | '.join(names)} | tried |")
    print(f"|---|{'---:|' * len(names)}---|")
    for fault, words, unit, values, change in STRENGTHS:
        cells = []
        for _, sound, rate in recordings:
            found = [v for v in values if fault in faults_of(one(change(v), sound, rate))]
            cells.append(f"{found[0]:g}" if found else "none")
        tried = ", ".join(f"{value:g}" for value in values)
        print(f"| {fault}: {words} … {unit} | {' | '.join(cells)} | {tried} |", flush=True)
    print()


def table_of_clean(folder: Path) -> None:
    examination = examine([folder])
    minutes = examination.seconds / 60
    count = len(examination.findings)
    print(
        f"{len(examination.files)} recordings as they are, {minutes:.1f} minutes: {count} found\n"
    )
    if count:
        print("| | fault | recording | what |\n|---|---|---|---|")
        for finding in examination.findings:
            file = Path(finding.file).name
            what = finding.what.replace(f"{folder}/", "")
            print(f"| {finding.severity} | {finding.fault} | {file} | {what} |")


def main() -> None:
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    folder = Path(arguments[0]) if arguments else ROOT / "demo" / "sectoid"
    quick = "--quick" in sys.argv
    paths = [recording.path for recording in find_recordings([Source(folder)]).recordings]
    chosen = [p for p in paths if "music" in p.parts or not arguments][:: 4 if arguments else 2]
    recordings = [(path.stem, *excerpt(path)) for path in chosen[: 1 if quick else 2]]
    table_of_plants([r for r in recordings if r[2] >= LOWEST_RATE])
    if not quick:
        table_of_strengths(recordings)
    table_of_clean(folder)


if __name__ == "__main__":
    main()
