"""Deliberately wrong or bare behaviours, as thin wrappers round a family's record.

They are what published code did by mistake, or what a paper took away to show that it
matters. No family has a setting for them: nobody should want them.
"""

import dataclasses
import difflib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from thresher.errors import ThresherError
from thresher.models.family import Batch, Examples, ExamplesRequest, Family, Stage
from thresher.models.samplernn.network import SampleRNN

Change = Callable[[Stage], Stage]


def changed(family: Family, name: str) -> Family:
    """A family's record with one change, made to each of its stages; "" is no change.

    Raises:
        ThresherError: no such change, naming the nearest.
    """
    if not name:
        return family
    if name not in CHANGES:
        near = difflib.get_close_matches(name, CHANGES, n=1, cutoff=0.0)[0]
        raise ThresherError(f"there is no change '{name}'", hint=f"{near} ({', '.join(CHANGES)})")
    return dataclasses.replace(family, stages=tuple(map(CHANGES[name], family.stages)))


def relu_on_logits(stage: Stage) -> Stage:
    """A rectifier after the last layer, as PRiSM had until 23 October 2020."""

    def rectify(network: nn.Module, read: Any, gave: tuple[Tensor, Any]) -> tuple[Tensor, Any]:
        return gave[0].relu(), gave[1]

    def build(config: Any) -> nn.Module:
        network = stage.build(config)
        network.register_forward_hook(rectify)
        return network

    return dataclasses.replace(stage, build=build)


def raw_heights(stage: Stage) -> Stage:
    """The sample level reads heights instead of learned vectors (Mehri et al. 2017, table 4)."""

    def build(config: Any) -> nn.Module:
        network = _samplernn(stage.build(config))
        heights = network.scaled(torch.arange(config.levels))
        return _with_fixed_embedding(network, heights[:, None])

    return dataclasses.replace(stage, build=build)


def no_sample_window(stage: Stage) -> Stage:
    """The sample level hears only the tier above: all samples of a frame at once."""

    def build(config: Any) -> nn.Module:
        return _with_fixed_embedding(_samplernn(stage.build(config)), torch.zeros(()))

    return dataclasses.replace(stage, build=build)


def clip_elements(stage: Stage) -> Stage:
    """Every number of the gradient is cut to [-1, 1] by itself, as Mehri's code does."""

    def build(config: Any) -> nn.Module:
        network = stage.build(config)
        for weight in network.parameters():
            weight.register_hook(_to_unit)  # type: ignore[no-untyped-call]
        return network

    return dataclasses.replace(stage, build=build)


def state_never_reset(stage: Stage) -> Stage:
    """A window goes on from another one's memory, as PRiSM did until 5 November 2020."""
    return _with_freshness(stage, lambda step, batch: step == 0, training_only=True)


def state_zeroed(stage: Stage) -> Stage:
    """Nothing is remembered from one step to the next, in training or validation."""
    return _with_freshness(stage, lambda step, batch: True, training_only=False)


CHANGES: dict[str, Change] = {
    "relu-on-logits": relu_on_logits,
    "raw-heights": raw_heights,
    "no-sample-window": no_sample_window,
    "clip-elements": clip_elements,
    "state-never-reset": state_never_reset,
    "state-zeroed": state_zeroed,
}


class _Refreshed:
    """Batches whose ``fresh`` is said by somebody else."""

    def __init__(self, examples: Examples, fresh: Callable[[int, Batch], bool]) -> None:
        self._examples, self._fresh = examples, fresh

    @property
    def steps_per_epoch(self) -> int:
        return self._examples.steps_per_epoch

    def batch(self, step: int) -> Batch:
        batch = self._examples.batch(step)
        return batch._replace(fresh=self._fresh(step, batch))


def _with_freshness(
    stage: Stage, fresh: Callable[[int, Batch], bool], *, training_only: bool
) -> Stage:
    def examples(request: ExamplesRequest) -> Examples:
        found = stage.examples(request)
        if training_only and request.split != "training":
            return found
        return _Refreshed(found, fresh)

    return dataclasses.replace(stage, examples=examples)


def _with_fixed_embedding(network: SampleRNN, values: Tensor) -> SampleRNN:
    embedding = network.sample_level.embedding
    with torch.no_grad():
        embedding.copy_(values.expand_as(embedding))
    embedding.requires_grad_(False)
    return network


def _to_unit(gradient: Tensor) -> Tensor:
    return gradient.clamp(-1, 1)


def _samplernn(network: nn.Module) -> SampleRNN:
    assert isinstance(network, SampleRNN)
    return network
