"""How surprised the network is by the next code."""

import math

from torch import nn
from torch.nn import functional

from thresher.models.family import Batch, Loss, State
from thresher.models.samplernn.network import SampleRNN


def next_sample_loss(network: nn.Module, batch: Batch, state: State) -> Loss:
    """Mean cross-entropy of each code given all before it; the report is in bits.

    Mehri et al. 2017, section 2.1. Where the batch brings ``inputs``, the network reads
    those (disturbed) codes and still answers for the true ones.
    """
    assert isinstance(network, SampleRNN)
    codes = batch.tensors["codes"]
    logits, after = network(
        batch.tensors.get("inputs", codes),
        state or _first_state(network, len(codes), codes.device.type),
        artists=batch.tensors.get("artists"),
        local=batch.tensors.get("local"),
    )
    targets = codes[:, network.config.overlap :]
    nats = functional.cross_entropy(logits.float().reshape(targets.numel(), -1), targets.flatten())
    report = {"bits": nats.detach() / math.log(2)}
    return Loss(value=nats, state=after, report=report, samples=targets.numel())


def _first_state(network: SampleRNN, clips: int, device: str) -> State:
    return {name: part.to(device) for name, part in network.initial_state(clips).items()}
