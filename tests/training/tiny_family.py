"""Families small enough to train in a second, and a corpus for them."""

import dataclasses

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from thresher.corpus import CorpusConfig
from thresher.disk import whole_folder, write_manifest
from thresher.models.family import Batch, Conditioning, Family, Loss, Stage
from thresher.settings import setting, to_mapping
from thresher.workspace import Workspace

RATE = 8_000
CORPUS = CorpusConfig(sample_rate=RATE, window_seconds=0.512)
BLOCK = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class TinyConfig:
    dim: int = setting(8, unit="units", why="small", source="taste")
    artists: tuple[str, ...] = setting((), unit="", why="from the corpus", source="taste")
    poison: float = setting(0.0, unit="", why="breaks some steps on purpose", source="taste")
    dropout: float = setting(0.1, unit="", why="uses random numbers", source="taste")


class TinyNetwork(nn.Module):
    """The next code from the last one and from a memory of the blocks before."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(256, config.dim)
        self.remember = nn.Linear(2 * config.dim, config.dim)
        self.out = nn.Linear(config.dim, 256)
        self.register_buffer("blocks_seen", torch.zeros((), dtype=torch.int64))

    def forward(self, codes, h):
        x = functional.dropout(self.embedding(codes), self.config.dropout, self.training)
        h = x.new_zeros(len(x), x.shape[2]) if h is None else h
        if self.training:
            self.blocks_seen += 1
        after = torch.tanh(self.remember(torch.cat([x.mean(dim=1), h], dim=1)))
        return self.out(x + h[:, None]), after


class TinyExamples:
    """Windows walked block by block, in an order drawn anew for every epoch."""

    def __init__(self, request) -> None:
        self.request = request
        self.starts = request.corpus.windows(request.split)[:, 0]
        self.per_window = request.corpus.window_samples // BLOCK - 1
        self.batches = len(self.starts) // request.batch_size

    @property
    def steps_per_epoch(self) -> int:
        return self.batches * self.per_window

    def batch(self, step: int) -> Batch:
        epoch, within = divmod(step, self.steps_per_epoch)
        row, block = divmod(within, self.per_window)
        order = np.random.default_rng([self.request.seed, epoch]).permutation(len(self.starts))
        size = self.request.batch_size
        chosen = self.starts[order[row * size : (row + 1) * size]] + block * BLOCK
        codes = self.request.corpus.codes[chosen[:, None] + np.arange(BLOCK + 1)]
        tensors = {"codes": torch.from_numpy(codes.astype(np.int64))}
        poison = self.request.config.poison
        bad = np.random.default_rng([3, step]).random() < poison
        tensors["poison"] = torch.full((size,), float("nan") if bad else 0.0)
        return Batch(tensors=tensors, fresh=block == 0)


def next_code_loss(network, batch, state) -> Loss:
    codes = batch.tensors["codes"]
    logits, h = network(codes[:, :-1], state.get("h"))
    logits = logits + batch.tensors["poison"][:, None, None]
    loss = functional.cross_entropy(logits.float().flatten(0, 1), codes[:, 1:].flatten())
    report = {"bits": loss.detach() / np.log(2)}
    return Loss(value=loss, state={"h": h}, report=report, samples=codes[:, 1:].numel())


class TinySampler:
    """Noise as loud as the weights: enough to hear that something was rendered."""

    lanes = 4

    def __init__(self, networks, config, engine) -> None:
        self.network = list(networks.values())[-1]

    def start(self, requests):
        return TinyVoices(requests)


class TinyVoices:
    def __init__(self, requests) -> None:
        self.requests, self.done = requests, 0

    def play(self, count):
        self.done += count
        noises = [np.random.default_rng([r.seed, self.done]) for r in self.requests]
        return np.stack([noise.normal(0, 0.1, count).clip(-1, 1) for noise in noises])

    def state(self):
        return {"done": np.full(len(self.requests), self.done)}

    def restore(self, state) -> None:
        self.done = int(state["done"][0])


TINY = Family(
    name="tiny",
    summary="For tests.",
    config=TinyConfig,
    stages=(Stage(name="network", build=TinyNetwork, examples=TinyExamples, loss=next_code_loss),),
    sampler=TinySampler,
    presets={"wide": {"dim": 12}},
    training={"": {"batch_size": 4}, "wide": {"batch_size": 4, "learning_rate": 3e-3}},
    conditioning=lambda config: Conditioning(features=("loudness",), hop=CORPUS.feature_hop),
    fit=lambda config, corpus: dataclasses.replace(config, artists=tuple(corpus.artists)),
)


class Residual(nn.Module):
    """Second stage: a bias on top of the finished first network."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(256))
        self.below = None


class ResidualExamples(TinyExamples):
    def batch(self, step: int) -> Batch:
        batch = super().batch(step)
        below = self.request.earlier["network"]
        with torch.no_grad():
            logits, _ = below(batch.tensors["codes"][:, :-1], None)
        return batch._replace(tensors={**batch.tensors, "logits": logits}, fresh=True)


def residual_loss(network, batch, state) -> Loss:
    logits = batch.tensors["logits"] + network.bias
    loss = functional.cross_entropy(logits.flatten(0, 1), batch.tensors["codes"][:, 1:].flatten())
    report = {"bits": loss.detach() / np.log(2)}
    return Loss(value=loss, state={}, report=report, samples=logits.shape[0] * BLOCK)


TWO_STAGES = dataclasses.replace(
    TINY,
    name="tiny-two",
    stages=(
        *TINY.stages,
        Stage(name="prior", build=Residual, examples=ResidualExamples, loss=residual_loss),
    ),
)

FAMILIES = (TINY, TWO_STAGES)


def write_corpus(workspace: Workspace, *, seconds: float = 16.0) -> None:
    """Chirps as a corpus folder, laid out as `thresher.corpus.open_corpus` reads it."""
    hop, window = CORPUS.feature_hop, CORPUS.window_samples
    frames = int(seconds * RATE) // hop
    time = np.arange(frames * hop) / RATE
    audio = 0.5 * np.sin(2 * np.pi * (200 + 40 * np.sin(time)) * time)
    encoded = np.sign(audio) * np.log1p(255 * np.abs(audio)) / np.log(256)
    starts = np.arange(0, frames * hop - window + 1, window)
    windows = np.stack([starts, np.zeros_like(starts)], axis=1).astype(np.int64)
    with whole_folder(workspace.corpus("chirps")) as part:
        np.save(part / "codes.npy", ((encoded + 1) / 2 * 255 + 0.5).astype(np.uint8))
        np.save(part / "audio.npy", (audio * 32767).astype(np.int16))
        np.save(part / "loudness.npy", np.full((frames, 1), 0.8, np.float32))
        np.save(part / "windows-training.npy", windows[:-6])
        np.save(part / "windows-validation.npy", windows[-5:])
        track = {"start": 0, "stop": frames * hop, "path": "a.wav", "artist": "A", "title": "T"}
        manifest = {"kind": "corpus", "id": "chirps", "settings": to_mapping(CORPUS)}
        manifest |= {"tracks": [track], "artists": ["A"], "features": ["loudness"]}
        write_manifest(part, manifest)
