"""What a network's predictions cost on music it never learned from."""

import contextlib
from collections.abc import Iterator

import torch

from thresher.models.family import Batch, Examples, State
from thresher.training.learner import Learner


def validate(learner: Learner, examples: Examples, batches: int, seed: int) -> dict[str, float]:
    """Mean of every reported value over the first batches, weighted by samples.

    The state is carried from batch to batch as in training, but it is validation's own.
    Neither the learner nor any random number of training is touched.
    """
    network = learner.result
    learner.follow_average()
    totals: dict[str, float] = {}
    state: State = {}
    samples = 0
    with at_rest(network), own_randomness(learner.device, seed), torch.no_grad():
        for step in range(min(batches, examples.steps_per_epoch)):
            loss = learner.evaluate(network, to_device(examples.batch(step), learner.device), state)
            state, samples = loss.state, samples + loss.samples
            for name, value in loss.report.items():
                totals[name] = totals.get(name, 0.0) + float(value) * loss.samples
    return {name: total / samples for name, total in totals.items()}


def to_device(batch: Batch, device: torch.device) -> Batch:
    """A batch where the network is."""
    if device.type == "cpu":
        return batch
    moved = {
        name: tensor.pin_memory().to(device, non_blocking=True)
        for name, tensor in batch.tensors.items()
    }
    return batch._replace(tensors=moved)


@contextlib.contextmanager
def at_rest(network: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode for the block."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


@contextlib.contextmanager
def own_randomness(device: torch.device, seed: int) -> Iterator[None]:
    """Random numbers of the block's own, the same every time."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
