"""torch.compile where it pays, and plain torch where it does not or cannot."""

import time
from collections.abc import Callable

import torch

from thresher.models.family import Examples, State
from thresher.training.learner import Learner
from thresher.training.validation import own_randomness, to_device

_WARM_UP = 2
"""Steps before timing: the first compiles, the second may again for the carried state."""

_TIMED = 3


def compile_if_it_helps(
    learner: Learner, examples: Examples, wanted: str, tell: Callable[[str], None]
) -> bool:
    """Compile the network if ``wanted`` is "on", or "auto" and it is faster; whether it is now.

    Nothing of the trial is left in the learner or in the random numbers. Where compiling
    fails (no C++ compiler, an operation it cannot do), the network stays as it was.
    """
    if wanted == "off":
        return False
    before = {name: tensor.clone() for name, tensor in learner.tensors().items()}
    with own_randomness(learner.device, seed=0):
        plain = _seconds_per_step(learner, examples) if wanted == "auto" else float("inf")
        learner.network.compile()
        try:
            compiled = _seconds_per_step(learner, examples)
        except Exception as error:  # what a compiler throws is not listed anywhere
            tell(f"torch.compile failed, going on without: {str(error).splitlines()[0]}")
            compiled = float("inf")
    learner.load(before)
    if compiled >= plain or compiled == float("inf"):
        learner.network._compiled_call_impl = None
        return False
    return True


def _seconds_per_step(learner: Learner, examples: Examples) -> float:
    state: State = {}
    began = 0.0
    for step in range(_WARM_UP + _TIMED):
        if step == _WARM_UP:
            began = _now(learner.device)
        batch = to_device(examples.batch(step % examples.steps_per_epoch), learner.device)
        loss = learner.evaluate(learner.network, batch, state)
        loss.value.backward()  # type: ignore[no-untyped-call]
        state = {name: tensor.detach() for name, tensor in loss.state.items()}
    seconds = (_now(learner.device) - began) / _TIMED
    learner.network.zero_grad(set_to_none=True)
    return seconds


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
