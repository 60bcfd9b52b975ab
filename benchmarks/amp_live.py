"""Amplifiers live: how long a block of 64 samples takes, beside the plugins' own C++ core.

    python benchmarks/amp_live.py [--core FOLDER] [--seconds 20] [--presets standard,nano,lstm32]

FOLDER is a checkout of sdatkinson/NeuralAmpModelerCore with its submodule Dependencies/eigen in
place; it is compiled here once, with and without this machine's own instructions (plugins are
shipped without), beside benchmarks/baselines/nam_core_blocks.cpp. Both play the same .nam file
and the same noise, in turns on one core, ours called from Python block by block. What no .nam can
hold (va) is played by ours alone.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.live import Live
from thresher.models.amp.nam_export import Tags, export_nam
from thresher.models.amp.nam_import import open_nam
from thresher.models.amp.network import AmpNetwork
from thresher.settings import replace

RATE, BLOCK = 48_000, 64
DEADLINE_MS = 1000 * BLOCK / RATE
TURNS = 5
MAIN = Path(__file__).parent / "baselines" / "nam_core_blocks.cpp"
NATIVE = {"core, this machine's instructions": ["-march=native"], "core, as shipped": []}


class Row(NamedTuple):
    """A line of the table."""

    p50_ms: float
    p99_ms: float
    speed: float
    """Times faster than real time, of the quickest turn."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--core", type=Path)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--presets", default="standard,lite,feather,nano,lstm32,va8,va16")
    asked = options.parse_args()
    torch.set_num_threads(1)
    samples = int(asked.seconds * RATE / TURNS) // BLOCK * BLOCK
    dry = (0.3 * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)
    with tempfile.TemporaryDirectory() as place:
        cores = (
            {name: core(asked.core, flags) for name, flags in NATIVE.items()} if asked.core else {}
        )
        print(
            f"| preset | player | p50 ms | p99 ms | of {DEADLINE_MS:.2f} ms | x real time | ratio |"
        )
        print("|---|---|---|---|---|---|---|")
        for preset in asked.presets.split(","):
            compare(preset, Path(place), cores, dry)


def compare(preset: str, place: Path, cores: dict[str, Path], dry: np.ndarray) -> None:
    """One table row for each player of a preset; ratio: our speed over theirs."""
    path = place / f"{preset}.nam"
    torch.manual_seed(0)
    network = AmpNetwork(replace(AmpConfig(), PRESETS[preset])).eval().requires_grad_(False)
    if network.config.architecture == "va":
        cores = {}
    else:
        export_nam(network, path, Tags())
        network = open_nam(path).network
    live, times = Live(network), {}
    ours(live, dry[: 8 * BLOCK])
    for _ in range(TURNS):
        times.setdefault("ours", []).append(ours(live, dry))
        for name, program in cores.items():
            for tanh in ("fast", "exact"):
                times.setdefault(f"{name}, {tanh} tanh", []).append(
                    theirs(program, path, dry, tanh)
                )
    rows = {name: row(turns) for name, turns in times.items()}
    for name, (p50, p99, speed) in rows.items():
        share, ratio = p99 / DEADLINE_MS, rows["ours"].speed / speed
        times_ms = f"{p50:.3f} | {p99:.3f} | {share:.0%}"
        print(f"| {preset} | {name} | {times_ms} | {speed:.1f} | {ratio:.2f} |", flush=True)


def row(turns: list[np.ndarray]) -> Row:
    together = np.concatenate(turns) * 1000
    quickest = min(turn.mean() for turn in turns)
    p50, p99 = np.percentile(together, [50, 99])
    return Row(float(p50), float(p99), float(BLOCK / RATE / quickest))


def ours(live: Live, dry: np.ndarray) -> np.ndarray:
    """Seconds of every block."""
    wet, clock = np.empty_like(dry), time.perf_counter
    times = np.empty(len(dry) // BLOCK)
    for n in range(len(times)):
        at = n * BLOCK
        before = clock()
        live.play(dry[at : at + BLOCK], wet[at : at + BLOCK])
        times[n] = clock() - before
    return times


def theirs(program: Path, path: Path, dry: np.ndarray, tanh: str) -> np.ndarray:
    """Seconds of every block, in the core's own clock."""
    words = [str(program), str(path), str(len(dry)), str(BLOCK), tanh]
    done = subprocess.run(words, input=dry.tobytes(), capture_output=True, check=True)
    return np.array(done.stderr.split(), np.float64) / 1e9


def core(folder: Path, flags: list[str]) -> Path:
    """The core, compiled as its own Release build does (-Ofast), and kept beside its sources."""
    program = folder / ("nam_core_blocks" + "".join(flags).replace("=", "-"))
    if not program.exists():
        compiler = shutil.which("g++") or "c++"
        sources = [*sorted(folder.glob("NAM/**/*.cpp")), MAIN]
        inside = [
            f"-I{folder / part}" for part in ("", "Dependencies/eigen", "Dependencies/nlohmann")
        ]
        options = ["-std=c++20", "-Ofast", "-w", "-DNDEBUG", "-DNAM_SAMPLE_FLOAT", *flags, *inside]
        subprocess.run([compiler, *options, *map(str, sources), "-o", str(program)], check=True)
    return program


if __name__ == "__main__":
    main()
