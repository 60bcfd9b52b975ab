"""The same amplifier in words that a ``.nam`` file, and a live kernel, have.

A knob that stands still is a constant that every layer adds, so it is a bias; and the input
that an LSTM adds to its output passes through one more unit of its memory.
"""

import dataclasses
from collections.abc import Mapping

import torch
from torch import Tensor

from thresher.errors import ThresherError
from thresher.models.amp.config import AmpConfig
from thresher.models.amp.network import AmpNetwork

MIDDLE = 0.5
"""Where a knob stands that nobody turned."""

THROUGH = 1e-3
"""What the input is scaled by inside the unit that lets it through: tanh is then straight, to
a millionth of a full-scale input."""

OPEN, SHUT = 30.0, -30.0
"""Biases at which a gate is 1, or 0, to the last bit of a float32 (1 - 9e-14)."""


def knob_values(config: AmpConfig, turned: Mapping[str, float]) -> tuple[float, ...]:
    """Where every knob stands.

    Raises:
        ThresherError: there is no such knob, or it does not go so far.
    """
    for name, value in turned.items():
        if name not in config.knobs:
            there = ", ".join(config.knobs) or "this amplifier has none"
            raise ThresherError(f"there is no knob '{name}'", hint=there)
        if not 0 <= value <= 1:
            raise ThresherError(f"knob {name} = {value:g} is not from 0 to 1")
    return tuple(float(turned.get(name, MIDDLE)) for name in config.knobs)


def with_knobs_set(network: AmpNetwork, turned: Mapping[str, float]) -> AmpNetwork:
    """The amplifier as it sounds with its knobs in one place, and without knobs."""
    config = network.config
    if not config.knobs:
        return network
    values = torch.tensor(knob_values(config, turned))
    state = {name: part.detach().clone() for name, part in network.state_dict().items()}
    if config.architecture == "lstm":
        weight = state["amp.lstm.weight_ih_l0"]
        state["amp.lstm.bias_ih_l0"] += weight[:, 1:] @ values
        state["amp.lstm.weight_ih_l0"] = weight[:, :1].clone()
    elif config.architecture == "wavenet":
        for name in [name for name in state if name.endswith("mixin.weight")]:
            weight = state[name]
            state[name.replace("mixin.weight", "conv.bias")] += weight[:, 1:, 0] @ values
            state[name] = weight[:, :1].clone()
    else:
        weight = state["amp.layers.0.conv.weight"]
        state["amp.layers.0.conv.bias"] += weight[:, 1:].sum(dim=2) @ values
        state["amp.layers.0.conv.weight"] = weight[:, :1].clone()
    return _built(dataclasses.replace(config, knobs=()), state)


def with_skip_inside(network: AmpNetwork) -> AmpNetwork:
    """An LSTM whose input reaches its output through a unit of its own, not beside it.

    That unit forgets at once, is always open, and holds tanh(tanh(x / 1000)); the output
    multiplies it by 1000. Off by less than a millionth of full scale.
    """
    config = network.config
    if config.architecture != "lstm" or not config.input_skip:
        return network
    old, hidden = network.state_dict(), config.hidden
    wide = dataclasses.replace(config, hidden=hidden + 1, input_skip=False)
    state = {name: torch.zeros_like(part) for name, part in AmpNetwork(wide).state_dict().items()}
    for name, part in old.items():
        room = state[name]
        if name.startswith("amp.lstm."):  # four gates, one below the other
            room, part = _by_gate(room, hidden + 1), _by_gate(part, hidden)
        room[tuple(slice(size) for size in part.shape)] = part
    entry, forget, _, leave = _by_gate(state["amp.lstm.bias_ih_l0"], hidden + 1)
    entry[hidden], forget[hidden], leave[hidden] = OPEN, SHUT, OPEN
    cell = _by_gate(state["amp.lstm.weight_ih_l0"], hidden + 1)[2]
    cell[hidden, 0] = THROUGH
    state["amp.out.weight"][0, hidden] = 1 / THROUGH
    return _built(wide, state)


def with_skip_beside(network: AmpNetwork) -> AmpNetwork:
    """What `with_skip_inside` was made of: a unit less to play. Any other network as it is."""
    config = network.config
    if config.architecture != "lstm" or config.input_skip or config.hidden < 2:
        return network
    hidden, wide = config.hidden - 1, network.state_dict()
    narrow = dataclasses.replace(config, hidden=hidden, input_skip=True)
    state = {}
    for name, room in AmpNetwork(narrow).state_dict().items():
        part, shape = wide[name], room.shape
        if name.startswith("amp.lstm."):
            room, part = _by_gate(room, hidden), _by_gate(part, hidden + 1)
        state[name] = part[tuple(slice(size) for size in room.shape)].reshape(shape)
    found = _built(narrow, state)
    again = with_skip_inside(found).state_dict()
    return found if all(torch.equal(again[name], part) for name, part in wide.items()) else network


def _by_gate(rows: Tensor, hidden: int) -> Tensor:
    """The rows of each of the four gates, one gate after the other."""
    return rows.view(4, hidden, *rows.shape[1:])


def _built(config: AmpConfig, state: Mapping[str, Tensor]) -> AmpNetwork:
    with torch.random.fork_rng(devices=[]):
        network = AmpNetwork(config)
    network.load_state_dict(state, strict=True)
    return network.eval().requires_grad_(False)
