"""A slow second reader of ``.nam`` files, which judges the first.

It shares no line with what writes and reads files here: it goes straight from the JSON and the
list of numbers to sound, in float64, a whole recording at a time. Written from the equations of
a plugin's network, and only for files that are sound; what is wrong with others is for
`nam_file` to say.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

Sound = Float[np.ndarray, " samples"]

_BENDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Tanh": np.tanh,
    "ReLU": lambda z: np.maximum(z, 0),
    "LeakyReLU": lambda z: np.where(z > 0, z, 0.01 * z),
    "Sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "Hardtanh": lambda z: np.clip(z, -1, 1),
}


def play_nam(path: Path, dry: Sound) -> Sound:
    """What the file makes of a sound that silence went before."""
    told = json.loads(path.read_text("utf-8"))
    numbers = np.array(told["weights"], np.float64)
    if told["architecture"] == "LSTM":
        return _play_lstm(told["config"], numbers, dry)
    return _play_wavenet(told["config"], numbers, dry)


def _play_wavenet(config: Mapping[str, Any], numbers: np.ndarray, dry: Sound) -> Sound:
    """Layer after layer over the whole sound, with all the silence in front that it can hear."""
    arrays = [_array(told) for told in config["layers"]]
    reach = sum((k - 1) * d for *_, k, dilations, _, _ in arrays for d in dilations)
    heard = np.concatenate([np.zeros(reach), np.asarray(dry, np.float64)])[None]
    x, head, rest = heard, None, list(numbers[::-1])

    def take(*shape: int) -> np.ndarray:
        return np.array([rest.pop() for _ in range(int(np.prod(shape)))]).reshape(shape)

    for before, channels, out, biased, k, dilations, bends, gated in arrays:
        wide = channels * (2 if gated else 1)
        x = take(channels, before) @ x
        for dilation, bend in zip(dilations, bends, strict=True):
            filters, bias = take(wide, channels, k), take(wide, 1)
            mixin, mix, mix_bias = take(wide, 1), take(channels, channels), take(channels, 1)
            # Silence before silence: what stood there longer than the reach is never heard.
            past = np.concatenate([np.repeat(x[:, :1], (k - 1) * dilation, axis=1), x], axis=1)
            z = bias + mixin @ heard
            for tap in range(k):
                z = z + filters[:, :, tap] @ past[:, tap * dilation :][:, : x.shape[1]]
            a = _BENDS[bend](z[:channels])
            if gated:
                a = a * _BENDS["Sigmoid"](z[channels:])
            head = a if head is None else head + a
            x = x + mix @ a + mix_bias
        head = take(out, channels) @ head + (take(out, 1) if biased else 0)
    scale = rest.pop()
    assert head is not None
    assert not rest
    sound: Sound = scale * head[0, reach:]
    return sound


def _array(told: Mapping[str, Any]) -> tuple[int, int, int, bool, int, list[int], list[str], bool]:
    """Inputs, channels, outputs and bias of the head, taps, dilations, bends, gated or not."""
    layers = len(told["dilations"])
    if "head_size" in told:
        out, biased = told["head_size"], told["head_bias"]
    else:
        out, biased = told["head"]["out_channels"], told["head"]["bias"]
    taps = told["kernel_size"] if "kernel_size" in told else told["kernel_sizes"][0]
    bends = told["activation"] if isinstance(told["activation"], list) else [told["activation"]]
    names = [bend["type"] if isinstance(bend, dict) else bend for bend in bends]
    modes = told.get("gating_mode", ["gated" if told.get("gated") else "none"])
    gated = (modes if isinstance(modes, str) else modes[0]) == "gated"
    names = names if len(names) == layers else names * layers
    return (
        told["input_size"],
        told["channels"],
        out,
        biased,
        taps,
        told["dilations"],
        names,
        gated,
    )


def _play_lstm(config: Mapping[str, Any], numbers: np.ndarray, dry: Sound) -> Sound:
    """Sample after sample: entry, forget, cell and exit from the sample and what was said."""
    hidden, at = config["hidden_size"], 0
    sizes = [4 * hidden * (1 + hidden), 4 * hidden, hidden, hidden, hidden, 1]
    parts = []
    for size in sizes:
        parts.append(numbers[at : at + size])
        at += size
    assert at == len(numbers)
    weight, bias, said, memory, out, offset = parts
    matrix, sound = weight.reshape(4 * hidden, 1 + hidden), np.empty(len(dry))
    for n, sample in enumerate(dry):
        gates = matrix @ np.concatenate([[sample], said]) + bias
        entry, forget, leave = (1 / (1 + np.exp(-gates.reshape(4, hidden)[g])) for g in (0, 1, 3))
        memory = forget * memory + entry * np.tanh(gates[2 * hidden : 3 * hidden])
        said = leave * np.tanh(memory)
        sound[n] = out @ said + offset[0]
    return sound
