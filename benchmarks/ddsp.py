"""An instrument's speed: learning from windows of four seconds, and playing blocks of 10 ms.

    python benchmarks/ddsp.py [--reference FOLDER]

Prints Markdown tables. FOLDER is a checkout of acids-ircam/ddsp_pytorch, which is then trained on
the same windows in the same process, turn by turn with ours; it is only measured, never imported
by Thresher.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from thresher.models.ddsp import FAMILY
from thresher.models.family import Batch, ClipRequest
from thresher.settings import from_mapping, to_mapping

RATE, HOP, SECONDS = 16_000, 64, 4
BATCH = 4
ROUNDS = 3
BLOCK = 160
BLOCKS = 1500
REFERENCE_BLOCKS = (160, HOP)
"""Samples per frame: of the reference's own config.yaml (100 frames a second), and ours (250)."""


def windows(seed: int = 0) -> dict[str, torch.Tensor]:
    """A batch of noisy glides."""
    draw = torch.Generator().manual_seed(seed)
    frames = SECONDS * RATE // HOP
    slide = torch.linspace(0, 1, frames)[None] * torch.rand(BATCH, 1, generator=draw)
    return {
        "audio": 0.1 * torch.randn(BATCH, SECONDS * RATE, generator=draw),
        "f0_hz": 220 * 2**slide,
        "loudness_db": -40 + 30 * torch.rand(BATCH, frames, generator=draw),
        "room_learns": torch.ones(BATCH),
    }


def our_step(preset: str) -> Callable[[], None]:
    config = configured(preset)
    torch.manual_seed(0)
    network, batch = FAMILY.stages[0].build(config), Batch(windows(), True)

    def step() -> None:
        network.zero_grad(set_to_none=True)
        FAMILY.stages[0].loss(network, batch, {}).value.backward()

    return step


def configured(preset: str) -> Any:
    values = to_mapping(FAMILY.config(**FAMILY.presets[preset]))
    return from_mapping(FAMILY.config, values)


def reference_step(folder: Path, block: int) -> Callable[[], None]:
    """Forward and backward of the published port, as its train.py does them."""
    # What it imports for its corpus and its exports is not needed to train.
    for name in ("effortless_config", "librosa", "crepe", "tensorboard"):
        sys.modules.setdefault(name, SimpleNamespace(__spec__=None))  # type: ignore[arg-type]
    sys.path.insert(0, str(folder))
    from ddsp.core import multiscale_fft, safe_log
    from ddsp.model import DDSP

    torch.manual_seed(0)
    model = DDSP(
        hidden_size=512,
        n_harmonic=60,
        n_bands=65,
        sampling_rate=RATE,
        block_size=block,
    )
    given = windows()
    frames = SECONDS * RATE // block
    pitch, loudness = (
        torch.nn.functional.interpolate(given[name][:, None], frames)[:, 0, :, None]
        for name in ("f0_hz", "loudness_db")
    )
    loudness = (loudness + 40) / 20

    def step() -> None:
        model.zero_grad(set_to_none=True)
        made = model(pitch, loudness).squeeze(-1)
        scales, overlap = [4096, 2048, 1024, 512, 256, 128], 0.75
        total = torch.zeros(())
        for one, other in zip(
            multiscale_fft(given["audio"], scales, overlap),
            multiscale_fft(made, scales, overlap),
            strict=True,
        ):
            total = total + (one - other).abs().mean()
            total = total + (safe_log(one) - safe_log(other)).abs().mean()
        total.backward()

    return step


def learning(reference: Path | None) -> None:
    steps = {
        f"Thresher, {name}, 250 frames a second": our_step(name)
        for name in ("solo-instrument", "tiny")
    }
    if reference is not None:
        for block in REFERENCE_BLOCKS:
            name = f"acids-ircam/ddsp_pytorch, {RATE // block} frames a second"
            steps[name] = reference_step(reference, block)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    for _ in range(ROUNDS):
        for name, step in steps.items():
            began = time.process_time()
            step()
            seconds[name].append(time.process_time() - began)
    print(f"\n## Learning: forward and backward, {BATCH} windows of {SECONDS} s, one thread\n")
    print("| | seconds of processor | audio seconds per second |\n|---|---|---|")
    for name, found in seconds.items():
        middle = statistics.median(found)
        print(f"| {name} | {middle:.2f} | {BATCH * SECONDS / middle:.1f} |")


def playing() -> None:
    print("\n## Playing: blocks of 10 ms, one thread\n")
    print("| | p50 [ms] | p99 [ms] | × real time |\n|---|---|---|---|")
    frames = 4 * RATE // HOP
    curves = np.stack([np.geomspace(110, 440, frames), np.full(frames, -20.0)], 1)
    request = ClipRequest(seed=0, length_samples=RATE, frames=curves.astype(np.float32))
    kinds = [
        (preset, engine)
        for preset in FAMILY.presets
        for engine in FAMILY.engines(configured(preset))
    ]
    for preset, engine in kinds:
        config = configured(preset)
        torch.manual_seed(0)
        networks = {"network": FAMILY.stages[0].build(config).eval()}
        voices = FAMILY.sampler(networks, config, engine).start([request])
        voices.play(RATE // 10)
        taken = []
        for _ in range(BLOCKS):
            began = time.perf_counter()
            voices.play(BLOCK)
            taken.append(time.perf_counter() - began)
        p50, p99 = np.percentile(taken, [50, 99]) * 1000
        print(
            f"| {preset}, {engine.name} | {p50:.2f} | {p99:.2f} "
            f"| {BLOCKS * BLOCK / RATE / sum(taken):.1f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--reference", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    learning(asked.reference)
    playing()


if __name__ == "__main__":
    main()
