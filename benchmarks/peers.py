"""The peers themselves, run beside our samplers and our training, turn by turn.

    python benchmarks/peers.py --peers FOLDER [--seconds 1.5] [--only generate] [--of prism]

Prints the Markdown tables of docs/peers.md, which says what FOLDER must hold. Every peer runs in a
process and an environment of its own (`peer_runners/`); nothing of theirs is part of Thresher.
All who play a load take turns within each round, so that whatever else the machine does meets
them alike; a ratio is the median of the rounds' own ratios. A peer that is missing or does not
start is named below the table, and the others go on.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from limits import seconds_of

from thresher.journal.machine import machine as machine_facts
from thresher.models import family_named
from thresher.models.family import Batch, ClipRequest, Engine, Precision
from thresher.settings import from_mapping
from thresher.training.config import TrainingConfig
from thresher.training.hardware import choose_precision
from thresher.training.learner import Learner
from thresher.training.parallel import Team

RUNNERS = Path(__file__).resolve().parent / "peer_runners"
THREADS = 2


class Peer(NamedTuple):
    """Another project, by the name of its folder, which is also its runner's."""

    folder: str
    owner: str
    environment: str
    tiers: tuple[int, ...] = ()
    layers: int = 0

    @property
    def label(self) -> str:
        """Repository, and the shape where it can have several."""
        shape = f", {len(self.tiers) + 1} tiers, GRU × {self.layers}" if self.tiers else ""
        return f"{self.owner}/{self.folder}{shape}"


class Ours(NamedTuple):
    """One of our networks and how it keeps its weights."""

    family: str
    preset: str
    precision: Precision = "float32"

    @property
    def label(self) -> str:
        """Family and preset."""
        return f"{self.family} {self.preset}"


class Load(NamedTuple):
    """What all of a heat do: clips side by side, and targets of a step where they learn."""

    clips: int
    block: int = 0

    @property
    def label(self) -> str:
        """For the first column."""
        return f"{self.clips} × {self.block:,}" if self.block else f"{self.clips}"


class Heat(NamedTuple):
    """Those who take turns at one load."""

    load: Load
    ours: tuple[Ours, ...]
    peers: tuple[Peer, ...]


class Player(NamedTuple):
    """Someone who is warm and plays a round when called; it returns samples a second."""

    label: str
    detail: str
    """Precision, or framework."""
    weights: int
    play_round: Callable[[], float]

    @property
    def name(self) -> str:
        """Tells players of a heat apart."""
        return f"{self.label}, {self.detail}"


R9Y9 = Peer("wavenet_vocoder", "r9y9", "torch")
IBAB = Peer("tensorflow-wavenet", "ibab", "tensorflow")
PRISM = Peer("prism-samplernn", "rncm-prism", "tensorflow", (16, 64), 4)
DEEPSOUND = Peer("samplernn-pytorch", "deepsound-project", "torch", (16, 64), 4)
DEEPSOUND_TWO = DEEPSOUND._replace(tiers=(16,), layers=5)

WAVENET, SAMPLERNN = Ours("wavenet", "ibab"), Ours("samplernn", "prism")
DADABOTS = Ours("samplernn", "dadabots")
MATCHES = (
    (WAVENET, (R9Y9, IBAB)),
    (SAMPLERNN, (PRISM, DEEPSOUND)),
    # dadabots' own code needs Theano; this has a fifth fewer weights (GRU for LSTM, no skips).
    (DADABOTS, (DEEPSOUND_TWO,)),
)
TRAINED = (
    (Load(1, 20_000), WAVENET, (R9Y9, IBAB)),
    # PRiSM's 64 clips, so that its products are as tall as in its own training; an eighth of
    # its 1,024 samples, so that five rounds of three networks end within minutes.
    (Load(64, 128), SAMPLERNN, (PRISM, DEEPSOUND)),
)


def heats(work: str) -> Iterator[Heat]:
    """What is compared: one clip also with bfloat16 weights, which only help there."""
    if work == "train":
        yield from (Heat(load, (ours,), peers) for load, ours, peers in TRAINED)
        return
    for ours, peers in MATCHES:
        for clips in (1, 32, 200):
            both = (ours, ours._replace(precision="bfloat16"))
            yield Heat(Load(clips), both if clips == 1 else (ours,), peers)


def config_of(ours: Ours, **more: object) -> Any:
    record = family_named(ours.family)
    settings = {**record.presets[ours.preset], "local_features": [], **more}
    settings = {k: list(v) if isinstance(v, tuple) else v for k, v in settings.items()}
    return from_mapping(record.config, settings)


def weights_of(network: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def our_sampler(ours: Ours, load: Load, seconds: float) -> Player:
    """Our compiled kernels, warm, with the samples of a round chosen by a short trial."""
    record, config = family_named(ours.family), config_of(ours)
    torch.manual_seed(0)
    network = record.stages[0].build(config).eval()
    sampler = record.sampler({"network": network}, config, Engine("compiled", ours.precision))
    requests = [ClipRequest(seed=index, length_samples=10**9) for index in range(load.clips)]
    voices = sampler.start(requests)
    voices.play(32)
    count = max(32, int(32 * seconds / seconds_of(lambda: voices.play(32))))

    def play_round() -> float:
        return load.clips * count / seconds_of(lambda: voices.play(count))

    return Player(ours.label, ours.precision, weights_of(network), play_round)


def our_learner(ours: Ours, load: Load) -> Player:
    """Our training step, whole: loss, gradient, clipping, Adam, the weights' average."""
    stage, settings = family_named(ours.family).stages[0], TrainingConfig()
    config = config_of(ours, block=load.block)
    device = torch.device("cpu")
    precision = choose_precision(settings, device)
    torch.manual_seed(0)
    learner = Learner(
        stage, lambda: stage.build(config), settings,
        device=device, precision=precision, team=Team(),
    )  # fmt: skip
    batch = learning_batch(ours, config, load)
    learner.step(batch, 1e-3)

    def play_round() -> float:
        return load.clips * load.block / seconds_of(lambda: learner.step(batch, 1e-3))

    return Player(ours.label, precision, weights_of(learner.network), play_round)


def learning_batch(ours: Ours, config: Any, load: Load) -> Batch:
    """Random codes, with what must come before the first target."""
    if ours.family == "wavenet":
        codes = torch.randint(0, 256, (load.clips, config.receptive_field + load.block))
        first = torch.zeros(load.clips, dtype=torch.int64)
        return Batch({"codes": codes, "first": first}, fresh=True)
    return Batch({"codes": torch.randint(0, 256, (load.clips, config.overlap + load.block))}, False)


class AbsentError(Exception):
    """A peer that cannot be measured, and why."""


@contextmanager
def their_process(peer: Peer, load: Load, folder: Path, seconds: float) -> Iterator[Player]:
    """A peer, warm, in a process of its own until the heat is over.

    Raises:
        AbsentError: its checkout or environment is missing, or it does not start.
    """
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            command_of(peer, load, folder, seconds),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, bufsize=1,
        )  # fmt: skip
        try:
            found = answer_of(child, said, peer)
            yield Player(
                peer.label,
                found["made_with"],
                found["weights"],
                lambda: asked_for_a_round(child, said, peer),
            )
        finally:
            child.kill()
            child.wait()


def command_of(peer: Peer, load: Load, folder: Path, seconds: float) -> list[str]:
    """The runner of a peer in the peer's own environment."""
    checkout = folder / peer.folder
    if not checkout.is_dir():
        raise AbsentError(f"{peer.label}: no checkout at {checkout}")
    python = folder / peer.environment / "bin" / "python"
    if not python.exists():
        if peer.environment != "torch":
            raise AbsentError(f"{peer.label}: no environment at {folder / peer.environment}")
        python = Path(sys.executable)  # the very torch that we use
    runner = RUNNERS / f"run_{peer.folder.replace('-', '_')}.py"
    command = [python, runner, checkout, "train" if load.block else "generate"]
    command += ["--clips", load.clips, "--threads", THREADS, "--seconds", seconds]
    command += ["--block", load.block] if load.block else []
    command += ["--tiers", *peer.tiers, "--layers", peer.layers] if peer.tiers else []
    return [str(part) for part in command]


def answer_of(child: "subprocess.Popen[str]", said: Any, peer: Peer) -> dict[str, Any]:
    """The next line of a runner."""
    assert child.stdout is not None
    line = child.stdout.readline()
    if line:
        found: dict[str, Any] = json.loads(line)
        return found
    child.wait()
    said.seek(0)
    last = said.read().strip().rpartition("\n")[2]
    raise AbsentError(f"{peer.label}: ended with status {child.returncode}: {last}")


def asked_for_a_round(child: "subprocess.Popen[str]", said: Any, peer: Peer) -> float:
    assert child.stdin is not None
    child.stdin.write("\n")
    return float(answer_of(child, said, peer)["samples_per_s"])


def run_heat(heat: Heat, folder: Path, seconds: float, rounds: int) -> list[str]:
    """Print a heat's rows; returns who was absent and why."""
    absent, theirs = [], []
    with ExitStack() as stack:
        for peer in heat.peers:
            say(f"{heat.load.label} × {peer.label} …")
            try:
                process = their_process(peer, heat.load, folder, seconds)
                theirs.append(stack.enter_context(process))
            except AbsentError as error:
                absent.append(str(error))
        ours = [
            our_learner(each, heat.load)
            if heat.load.block
            else our_sampler(each, heat.load, seconds)
            for each in heat.ours
        ]
        say(f"{heat.load.label} × {', '.join(each.label for each in ours)}: {rounds} rounds")
        rates = take_turns([*ours, *theirs], rounds, absent)
    print_rows(heat.load, ours, [each for each in theirs if each.name in rates], rates)
    return absent


def take_turns(players: Sequence[Player], rounds: int, absent: list[str]) -> dict[str, list[float]]:
    """Rates of each player by its name, round by round; whoever ends early is struck off."""
    rates: dict[str, list[float]] = {player.name: [] for player in players}
    for _ in range(rounds):
        for player in players:
            if player.name not in rates:
                continue
            try:
                rates[player.name].append(player.play_round())
            except AbsentError as error:
                absent.append(str(error))
                del rates[player.name]
    return rates


def print_rows(
    load: Load, ours: Sequence[Player], theirs: Sequence[Player], rates: dict[str, list[float]]
) -> None:
    """Each of ours against each of theirs; a lone row where no peer came."""
    for mine in ours:
        own = rates[mine.name]
        left = f"| {load.label} | {mine.name} | {mine.weights / 1e6:.1f} "
        middle = f"| {statistics.median(own):,.0f} "
        for other in theirs:
            found = rates[other.name]
            ratios = sorted(a / b for a, b in zip(own, found, strict=True))
            print(
                f"{left}| {other.name} | {other.weights / 1e6:.1f} {middle}"
                f"| {statistics.median(found):,.0f} | **{statistics.median(ratios):.2f}** "
                f"| {ratios[0]:.2f}–{ratios[-1]:.2f} |"
            )
        if not theirs:
            print(f"{left}| none | {middle}| | | |")


HEAD = """
| {load} | ours | M weights | peer | M weights | ours, samples/s | peer, samples/s | ratio | lowest–highest |
|---:|---|---:|---|---:|---:|---:|---:|---:|"""  # noqa: E501

TITLES = {"generate": "Sampling", "train": "Training"}
LOADS = {"generate": "clips", "train": "clips × targets"}


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, required=True, help="Folder of their checkouts.")
    parser.add_argument("--rounds", type=int, default=5, help="Turns each takes at a load.")
    parser.add_argument("--seconds", type=float, default=1.5, help="Least length of a turn.")
    parser.add_argument("--only", choices=tuple(TITLES), help="One half of it.")
    parser.add_argument("--of", default="", help="Only our networks whose name contains this.")
    wanted = parser.parse_args()
    torch.set_num_threads(THREADS)
    facts = machine_facts()
    print(f"{facts['processor']}, {THREADS} threads each, torch {facts['torch']}; "
          f"medians of {wanted.rounds} rounds.")  # fmt: skip
    for work in (wanted.only,) if wanted.only else TITLES:
        print(f"\n### {TITLES[work]}\n{HEAD.format(load=LOADS[work])}", flush=True)
        absent: list[str] = []
        for heat in (each for each in heats(work) if wanted.of in each.ours[0].label):
            absent += run_heat(heat, wanted.peers, wanted.seconds, wanted.rounds)
            sys.stdout.flush()
        for reason in dict.fromkeys(absent):
            print(f"\nNot measured: {reason}.")


if __name__ == "__main__":
    main()
