"""Sampling with the compiled kernels, against the machine's limits and the plain loops.

    python benchmarks/kernels.py [--quick]

Prints Markdown tables and draws docs/pictures/roofline.png; everything comes from one run.
A row's share is of what float32 registers can do on the cores it uses, its work counted
folded: the multiply-adds that the kernel really makes. Other tenants of the machine come and
go within seconds, so every round of a row measures the registers just before it.
"""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from baselines.plain_samplernn import PlainSampleRNN
from baselines.plain_wavenet import PlainWaveNet
from limits import (
    Limits,
    gpu_limits,
    measured_limits,
    print_limits,
    register_multiply_adds,
    seconds_of,
)

from thresher.corpus import CorpusConfig, build_corpus
from thresher.generation.engines import Players
from thresher.generation.precision import costs
from thresher.generation.source import open_source
from thresher.kernels.product import COLUMNS, ROWS_OF
from thresher.models import family_named
from thresher.models.family import ClipRequest, Engine, Sampler
from thresher.models.wavenet.playing import CompiledGroup as WaveNetGroup
from thresher.settings import from_mapping
from thresher.workspace import Workspace

HERE = Path(__file__).resolve().parent
PICTURE = HERE.parent / "docs" / "pictures" / "roofline.png"
SHIPPED = HERE.parent / "src" / "thresher" / "shipped" / "wavenet"
SONGS = HERE.parent / "demo" / "sectoid"

ROUNDS = 5
ROUND_SECONDS = 1.0
UNSTEERED = {"local_features": []}


class Row(NamedTuple):
    """One kernel under one load."""

    name: str
    clips: int
    precision: str
    rate: float
    """Samples a second, all clips together."""
    work: float
    """Multiply-adds per sample."""
    stored: float
    """Bytes of weights that one pass over all clips reads, per sample of a clip."""
    cores: int
    share: float
    """Of the register limit of its cores, each round beside its own: the median."""

    @property
    def speed(self) -> float:
        """Multiply-adds a second."""
        return self.rate * self.work


def sampler_of(family: str, preset: str, engine: Engine, **changes: object) -> Sampler:
    record = family_named(family)
    settings = {**record.presets[preset], **UNSTEERED, **changes}
    settings = {k: list(v) if isinstance(v, tuple) else v for k, v in settings.items()}
    config = from_mapping(record.config, settings)
    torch.manual_seed(0)
    return record.sampler({"network": record.stages[0].build(config).eval()}, config, engine)


def folded_work(sampler: Any) -> float:
    """Multiply-adds per sample as they are made: every matrix, slow tiers by their pace."""
    group = sampler.group([request(0)], {})
    if isinstance(group, WaveNetGroup):
        weights = group._packed.weights
        parts = (weights.main.matrices, weights.context.matrices, weights.head)
        return float(sum((m.table[:, ROWS_OF] * m.table[:, COLUMNS]).sum() for m in parts))
    weights = group._weights.weights
    table = weights.matrices.table
    sizes = (table[:, ROWS_OF] * table[:, COLUMNS]).astype(float)
    edges = [*weights.tiers[:, 9].tolist(), len(sizes)]
    total = sizes[: edges[0]].sum()
    for tier, (a, b) in zip(weights.tiers, itertools.pairwise(edges), strict=True):
        total += sizes[a:b].sum() / tier[0]
    return float(total)


def request(index: int) -> ClipRequest:
    return ClipRequest(seed=index, length_samples=10**9)


def rates_of(sampler: Sampler, clips: int, cores: int = 0) -> list[tuple[float, float]]:
    """Per round: samples a second, and what the registers of so many cores do just before."""
    voices = sampler.start([request(index) for index in range(clips)])
    voices.play(32)
    count = max(16, int(32 * ROUND_SECONDS / max(seconds_of(lambda: voices.play(32)), 1e-6)))
    found = []
    for _ in range(ROUNDS):
        registers = register_multiply_adds(cores) if cores else 1.0
        found.append((clips * count / seconds_of(lambda: voices.play(count)), registers))
    return found


def rate_of(sampler: Sampler, clips: int) -> float:
    """Samples a second, the median of several rounds."""
    return statistics.median(rate for rate, _ in rates_of(sampler, clips))


@contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Let this process use only so many cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(before)[:count]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}


def measured(
    family: str, preset: str, clips: int, precision: str = "float32", cores: int = 2, **more: object
) -> Row:
    sampler = sampler_of(family, preset, Engine("compiled", precision), **more)
    work = folded_work(sampler)
    used = min(cores, clips)
    with on_cores(cores):
        rounds = rates_of(sampler, clips, used)
    rate = statistics.median(rate for rate, _ in rounds)
    share = statistics.median(rate * work / registers for rate, registers in rounds)
    bytes_each = BYTES[precision] if clips <= cores else 4
    return Row(f"{family} {preset}", clips, precision, rate, work, work * bytes_each, used, share)


def print_rows(rows: Sequence[Row], limits: Limits, sample_rate: int = 16_000) -> None:
    print("| network | clips | weights | cores | samples/s | × real time, each | of the registers "
          "| of torch's product |")  # fmt: skip
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row.name} | {row.clips} | {row.precision} | {row.cores} | {row.rate:,.0f} "
            f"| {row.rate / row.clips / sample_rate:.2f} | {row.share:.0%} "
            f"| {row.speed / limits.product * (2 / row.cores):.0%} |"
        )


def gpu_rows() -> None:
    """Engine cuda under its usual loads, against the GPU's own limits; nothing without one."""
    if not torch.cuda.is_available():
        print("\nEngine `cuda`: torch sees no GPU here, so nothing was measured.")
        return
    limits = gpu_limits()
    print(f"\n{torch.cuda.get_device_name()}: {limits.product / 1e9:,.0f} G multiply-adds a second "
          f"in float32, {limits.memory / 1e9:,.0f} GB/s of memory.")  # fmt: skip
    print("\n| engine cuda | clips | samples/s | × real time, each | of the product "
          "| start, s | MB |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|")
    for preset in ("ibab", "small"):
        gpu_row("wavenet", preset, limits.product)
    for preset in ("prism", "dadabots", "small"):
        gpu_row("samplernn", preset, limits.product)


def gpu_row(family: str, preset: str, product: float) -> None:
    """One network with many clips and with one."""
    work = folded_work(sampler_of(family, preset, Engine("compiled")))
    for clips in (200, 1):
        torch.cuda.reset_peak_memory_stats()
        sampler = sampler_of(family, preset, Engine("cuda"))
        sampler.start([request(0)])  # loads libraries, brings the weights
        requests = [request(index) for index in range(clips)]
        began = seconds_of(lambda s=sampler, r=requests: s.start(r).play(1))
        rate = rate_of(sampler, clips)
        memory = torch.cuda.max_memory_allocated() / 2**20
        print(f"| {family} {preset} | {clips} | {rate:,.0f} | {rate / clips / 16_000:.2f} "
              f"| {rate * work / product:.1%} | {began:.1f} | {memory:,.0f} |")  # fmt: skip


def plain_rates() -> dict[str, float]:
    """Samples a second of the plain loops at 200, 32 and 1 clips."""
    wavenet = family_named("wavenet").config()
    config = from_mapping(family_named("samplernn").config, {"layers": 4, "frame_sizes": [16, 64]})
    small = PlainSampleRNN((16,), 512, 256, 64, 2)
    networks = {
        "samplernn small": small.eval(),
        "wavenet ibab": PlainWaveNet(wavenet.dilations, 32, 32, 512).eval(),
        "samplernn prism": PlainSampleRNN(
            config.frame_sizes, config.dim, config.sample_width, config.embedding_dim, config.layers
        ).eval(),
    }
    found = {}
    for name, network in networks.items():
        for clips in (200, 32, 1):
            samples = 64 if clips > 1 else 128
            network.generate(clips, 2)
            took = statistics.median(
                seconds_of(lambda n=network, c=clips, s=samples: n.generate(c, s)) for _ in range(5)
            )
            found[f"{name} {clips}"] = clips * samples / took
    return found


def scaling(limits: Limits) -> None:
    """Cost against clips, length, layers and width; it should grow as the work does."""
    print("\n| what changes | samples/s | μs per multiply-add million |")
    print("|---|---:|---:|")

    def line(label: str, row: Row) -> None:
        print(f"| {label} | {row.rate:,.0f} | {1e12 / row.speed:,.1f} |")

    for clips in (1, 2, 4, 8, 16, 32, 64, 100, 128, 200, 256):
        line(f"wavenet ibab, {clips} clips", measured("wavenet", "ibab", clips))
    for blocks in (1, 2, 5, 10):
        dilations = [2**i for i in range(10)] * blocks
        line(
            f"wavenet of {10 * blocks} layers, 64 clips",
            measured("wavenet", "ibab", 64, dilations=dilations),
        )
    for width in (16, 32, 64, 128):
        wide = {"residual_channels": width, "dilation_channels": width}
        line(f"wavenet {width} wide, 64 clips", measured("wavenet", "ibab", 64, **wide))
    for dim in (256, 512, 1024):
        line(f"samplernn {dim} wide, 64 clips", measured("samplernn", "prism", 64, dim=dim))
    sampler = sampler_of("wavenet", "ibab", Engine("compiled"))
    voices = sampler.start([request(index) for index in range(64)])
    voices.play(32)
    for count in (1_000, 4_000, 16_000):
        took = seconds_of(lambda n=count: voices.play(n))
        print(
            f"| wavenet ibab, 64 clips, the next {count:,} samples | {64 * count / took:,.0f} | |"
        )


def under_load(limits: Limits) -> None:
    """The same with the other core busy: no worse than the share of time lost."""
    quiet = measured("wavenet", "ibab", 200)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.5)
        loaded = measured("wavenet", "ibab", 200)
    finally:
        busy.kill()
        busy.wait()
    print(
        f"\nWith one other process that wants a core to itself (a fair share is then two thirds "
        f"of two cores): {loaded.rate:,.0f} samples/s, {loaded.rate / quiet.rate:.0%} of "
        f"{quiet.rate:,.0f}."
    )


FIRST = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from thresher.workspace import Workspace
from thresher.generation.engines import Players
from thresher.generation.source import open_source
from thresher.models.family import ClipRequest, Engine
players = Players(open_source(Workspace(Path(sys.argv[1])), sys.argv[2], "best"))
voices = players.build(Engine("compiled")).start([ClipRequest(seed=0, length_samples=16000)])
voices.play(1)
print(time.perf_counter() - began)
"""


def first_sample(folder: Path) -> None:
    """From the start of Python to the first sample of the shipped model."""
    print("\n| first sample | seconds |")
    print("|---|---:|")
    with tempfile.TemporaryDirectory() as cache:
        for name in ("nothing compiled yet", "compiled earlier"):
            env = {**os.environ, "XDG_CACHE_HOME": cache}
            command = [sys.executable, "-c", FIRST, str(folder), str(SHIPPED)]
            took = seconds_of(lambda c=command, e=env: subprocess.run(c, env=e, check=True,
                              stdout=subprocess.DEVNULL))  # fmt: skip
            print(f"| {name} | {took:.1f} |")


def precision_cost(folder: Path) -> dict[str, float]:
    """Bits per sample of the shipped model on its held-out music, by precision."""
    workspace = Workspace(folder)
    corpus = build_corpus(workspace, "sectoid", [SONGS], CorpusConfig())
    players = Players(open_source(workspace, str(SHIPPED), "best"))
    engines = [engine for engine in players.engines if engine.name == "compiled"]
    config = players.source.checkpoint.config
    return dict(costs(players.build, engines, players.family, config, corpus))


def memory_of_200() -> float:
    """Megabytes that 200 clips of 20 s need while they are played, weights and all."""
    program = (
        "import sys; sys.path[:0] = [sys.argv[1]]\n"
        "from kernels import *\n"
        "voices = sampler_of('wavenet', 'ibab', Engine('compiled')).start("
        "[request(i) for i in range(200)])\n"
        "pcm = np.empty((200, 320_000), np.int16)\n"
        "pcm[:] = 1\n"
        "voices.play(256)\n"
        "status = open('/proc/self/status').read()\n"
        "print(int(status.split('VmHWM:')[1].split()[0]) / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(HERE)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def draw_roofline(rows: Sequence[Row], limits: Limits) -> None:
    """Multiply-adds a second against multiply-adds per byte of weights."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.5), layout="constrained")
    reach = np.logspace(-1, 2.5, 200)
    for threads, style in ((1, ":"), (2, "-")):
        top = limits.registers[threads - 1] / 1e9
        axes.plot(reach, np.full_like(reach, top), "k" + style, lw=1, label=f"registers, {threads}")
        for name, pair, colour in (
            ("second-level cache", limits.cache2, "C2"),
            ("third-level cache", limits.cache3, "C1"),
            ("memory", limits.memory, "C3"),
        ):
            roof = np.minimum(reach * pair[threads - 1] / 1e9, top)
            label = f"{name}, {threads}"
            axes.plot(reach, roof, style, color=colour, lw=1, alpha=0.8, label=label)
    free: dict[float, float] = {}
    for row in sorted(rows, key=lambda row: -row.speed):
        each = -(-row.clips // row.cores)
        intensity, height = row.work * each / row.stored, row.speed / 1e9
        axes.plot(intensity, height, "o", ms=5, color="C0")
        # Labels of one column go down in steps, so that none covers another.
        free[intensity] = min(height, free.get(intensity, np.inf) * 0.88)
        label = f"{row.name} ×{row.clips} {row.precision}"
        axes.annotate(label, (intensity, height), (intensity * 1.12, free[intensity]), fontsize=6)
    axes.set(xscale="log", yscale="log", xlabel="multiply-adds per byte of weights read",
             ylabel="G multiply-adds per second")  # fmt: skip
    axes.legend(fontsize=7, ncols=2, title="limit, threads", title_fontsize=7)
    axes.grid(alpha=0.2, which="both")
    figure.savefig(PICTURE, dpi=110)
    plt.close(figure)


def main() -> None:
    limits = measured_limits()
    print_limits(limits)
    rows = [
        measured("wavenet", "ibab", 200),
        measured("wavenet", "ibab", 96, cores=1),
        measured("wavenet", "ibab", 200, "bfloat16"),
        measured("wavenet", "ibab", 32),
        measured("wavenet", "ibab", 1, cores=1),
        measured("wavenet", "ibab", 1, "bfloat16", cores=1),
        measured("wavenet", "ibab", 1, "int8", cores=1),
        measured("wavenet", "small", 1, cores=1),
        measured("wavenet", "small", 200),
        measured("samplernn", "prism", 200),
        measured("samplernn", "prism", 32),
        measured("samplernn", "prism", 1, "int8", cores=1),
        measured("samplernn", "dadabots", 200),
        measured("samplernn", "prism", 1, cores=1),
        measured("samplernn", "small", 200),
        measured("samplernn", "small", 32),
        measured("samplernn", "small", 1, cores=1),
    ]
    print()
    print_rows(rows, limits)
    gpu_rows()
    if "--quick" in sys.argv:
        return
    plain = plain_rates()
    print("\n| against the plain loop | clips | ours, samples/s | plain, samples/s | ratio |")
    print("|---|---:|---:|---:|---:|")
    for row in rows:
        other = plain.get(f"{row.name} {row.clips}")
        if other is not None and row.precision == "float32":
            print(f"| {row.name} | {row.clips} | {row.rate:,.0f} | {other:,.0f} "
                  f"| {row.rate / other:.1f} |")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        bits = precision_cost(Path(folder))
        print("\n| weights | bits held out | cost |")
        print("|---|---:|---:|")
        for name, value in bits.items():
            print(f"| {name} | {value:.4f} | {value - bits['float32']:+.4f} |")
        first_sample(Path(folder))
    print(f"\n200 clips of 20 s, `wavenet ibab`: {memory_of_200():,.0f} MB at most.")
    under_load(limits)
    scaling(limits)
    draw_roofline(rows, limits)


if __name__ == "__main__":
    main()
