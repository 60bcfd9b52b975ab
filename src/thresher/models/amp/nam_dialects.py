"""What the settings in a ``.nam`` file mean: two dialects of WaveNet, and LSTM.

The legacy dialect (0.5.x) says ``head_size``, ``head_bias``, ``kernel_size``, ``gated``; the
nested one (0.7.0) ``head {...}``, ``kernel_sizes``, ``gating_mode`` and more parts, most of them
switched off. We write the legacy keys and the nested ``head`` besides: plugins old and new and
today's Python package read that. Whatever would change the sound and is not ours is refused by
its name, never passed over.

Facts from sdatkinson/neural-amp-modeler (nam/models/wavenet, nam/models/recurrent.py) and
sdatkinson/NeuralAmpModelerCore (NAM/wavenet/model.cpp, NAM/lstm.cpp).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from thresher.errors import ThresherError
from thresher.models.amp.config import AmpConfig
from thresher.models.amp.nam_file import NamFile, refused
from thresher.settings import from_mapping

BENT_BY = ("Tanh", "ReLU", "LeakyReLU", "Sigmoid", "Hardtanh")

MOST_LAYERS = 1_000
MOST_REACH = 480_000
"""Samples: ten seconds at 48 kHz, a hundred times the usual."""

_MODULATED = (
    "conv_pre_film",
    "conv_post_film",
    "input_mixin_pre_film",
    "input_mixin_post_film",
    "activation_pre_film",
    "activation_post_film",
    "layer1x1_post_film",
    "head1x1_post_film",
)
_ARRAY_KEYS = {
    *("input_size", "condition_size", "channels", "dilations", "activation", "head"),
    *("head_size", "head_bias", "head_kernel_size", "kernel_size", "kernel_sizes", "gated"),
    *("gating_mode", "secondary_activation", "bottleneck", "head1x1", "layer1x1", "slimmable"),
    *("groups_input", "groups_input_mixin"),
    *_MODULATED,
}


def config_of(file: NamFile, path: Path) -> AmpConfig:
    """The amplifier that a file describes.

    Raises:
        ThresherError: it is of a kind, or has a part, that we do not play.
    """
    match file.architecture:
        case "WaveNet":
            told = _wavenet(file.config, path)
            told["head_scale"] = _scale(file)
        case "LSTM":
            told = _lstm(file.config, path)
        case other:
            raise refused(
                f"architecture {other[:40]!r} is not one we play", path, hint="WaveNet or LSTM"
            )
    try:
        config = from_mapping(AmpConfig, {**told, "sample_rate": file.sample_rate})
    except ThresherError as error:
        raise refused(error.problem, path) from None
    if config.context > MOST_REACH:
        raise refused(f"it looks back {config.context:,} samples, beyond {MOST_REACH:,}", path)
    return config


def settings_of(config: AmpConfig) -> dict[str, Any]:
    """The settings that a file says of an amplifier without knobs."""
    if config.architecture == "lstm":
        return {"input_size": 1, "hidden_size": config.hidden, "num_layers": 1}
    after = (*config.channels[1:], 1)
    arrays = [
        {
            "input_size": config.channels[place - 1] if place else 1,
            "condition_size": 1,
            "channels": channels,
            "head_size": after[place],
            "head_bias": config.head_bias[place],
            "head": {"out_channels": after[place], "kernel_size": 1, "bias": bias},
            "kernel_size": config.kernel_size,
            "dilations": list(config.dilations[place]),
            "activation": config.activation,
            "gated": config.gated,
        }
        for place, (channels, bias) in enumerate(
            zip(config.channels, config.head_bias, strict=True)
        )
    ]
    return {"layers": arrays, "head": None, "head_scale": config.head_scale}


def _scale(file: NamFile) -> float:
    """The last of all numbers; where the settings say the same, they say it more exactly."""
    last = float(file.weights[-1]) if len(file.weights) else 1.0
    said = file.config.get("head_scale")
    same = isinstance(said, float) and np.float32(said) == np.float32(last)
    return said if same and isinstance(said, float) else last


def _wavenet(config: Mapping[str, Any], path: Path) -> dict[str, Any]:
    for key in config:
        if key not in ("layers", "head", "head_scale", "in_channels", "condition_dsp"):
            raise refused(f"config has '{key}', which we do not know", path)
    for key in ("head", "condition_dsp"):
        if config.get(key) is not None:
            raise refused(f"it has '{key}', a part that we do not play", path)
    _insist(config.get("in_channels", 1) == 1, "in_channels", config, path, "1")
    arrays = config.get("layers")
    if not isinstance(arrays, list) or not arrays or not all(isinstance(a, dict) for a in arrays):
        raise refused("'layers' is not a list of layer arrays", path)
    before, channels = 1, [_whole(array, "channels", path) for array in arrays]
    for array, following in zip(arrays, [*channels[1:], 1], strict=True):
        _check_array(array, before, following, path)
        before = array["channels"]
    dilations = [_wholes(array, "dilations", path) for array in arrays]
    if sum(map(len, dilations)) > MOST_LAYERS:
        raise refused(f"{sum(map(len, dilations)):,} layers are more than {MOST_LAYERS:,}", path)
    return {
        "architecture": "wavenet",
        "channels": channels,
        "dilations": dilations,
        "kernel_size": _same("kernel size", [_kernel_size(a, path) for a in arrays], path),
        "gated": _same("gating", [_gated(a, path) for a in arrays], path),
        "activation": _same("activation", [_activation(a, path) for a in arrays], path),
        "head_bias": [_head(array, path)[1] for array in arrays],
    }


def _lstm(config: Mapping[str, Any], path: Path) -> dict[str, Any]:
    for key in config:
        if key not in ("input_size", "hidden_size", "num_layers", "in_channels", "out_channels"):
            raise refused(f"config has '{key}', which we do not know", path)
    for key in ("input_size", "num_layers", "in_channels", "out_channels"):
        _insist(config.get(key, 1) == 1, key, config, path, "1")
    hidden = _whole(config, "hidden_size", path)
    # Its own first state stands in the file, so nothing need be heard before the beginning.
    return {"architecture": "lstm", "hidden": hidden, "input_skip": False, "warm_up": 0}


def _check_array(array: Mapping[str, Any], before: int, following: int, path: Path) -> None:
    """Refuse what is not in our network: every part but dilated filters, mixin, 1x1 and head."""
    for key in array:
        if key not in _ARRAY_KEYS:
            raise refused(f"a layer array has '{key}', which we do not know", path)
    for key in _MODULATED:
        if _active(array.get(key), otherwise=True):
            raise refused(f"it has '{key}': FiLM, which we do not play", path)
    if array.get("slimmable") is not None:
        raise refused("it is slimmable, several networks in one, which we do not play", path)
    if _active(array.get("head1x1"), otherwise=True):
        raise refused("it has 'head1x1', which we do not play", path)
    layer = array.get("layer1x1", {"active": True})
    whole = isinstance(layer, dict) and layer.get("groups", 1) == 1
    _insist(_active(layer, otherwise=True) and whole, "layer1x1", array, path, "active, 1 group")
    for key, wanted in (("input_size", before), ("condition_size", 1)):
        _insist(array.get(key) == wanted, key, array, path, str(wanted))
    for key in ("groups_input", "groups_input_mixin", "head_kernel_size"):
        _insist(array.get(key, 1) == 1, key, array, path, "1")
    width = array.get("channels")
    _insist(array.get("bottleneck", width) == width, "bottleneck", array, path, "like channels")
    size = _head(array, path)[0]
    if size != following:
        raise refused(f"a head of {size} channels leads into {following}", path)


def _active(part: Any, *, otherwise: bool) -> bool:
    if isinstance(part, dict):
        return bool(part.get("active", otherwise))
    return part is not None and part is not False


def _head(array: Mapping[str, Any], path: Path) -> tuple[int, bool]:
    """Channels and bias of what leads to the output, in either dialect; both must agree."""
    told = []
    if "head" in array:
        head = array["head"]
        if not isinstance(head, dict):
            raise refused("a layer array's 'head' is not an object", path)
        _insist(head.get("kernel_size") == 1, "kernel_size", head, path, "1 in a head")
        told.append((_whole(head, "out_channels", path), head.get("bias")))
    if "head_size" in array:
        told.append((_whole(array, "head_size", path), array.get("head_bias")))
    if not told or told[0] != told[-1] or not isinstance(told[0][1], bool):
        raise refused("a layer array's head is missing, or told twice and differently", path)
    return told[0][0], told[0][1]


def _kernel_size(array: Mapping[str, Any], path: Path) -> int:
    if ("kernel_size" in array) == ("kernel_sizes" in array):
        raise refused("a layer array wants one of kernel_size and kernel_sizes", path)
    if "kernel_size" in array:
        return _whole(array, "kernel_size", path)
    return int(_same("kernel size", _per_layer(array, "kernel_sizes", path), path))


def _gated(array: Mapping[str, Any], path: Path) -> bool:
    if "gating_mode" not in array:
        gated = array.get("gated", False)
        _insist(isinstance(gated, bool), "gated", array, path, "true or false")
        return bool(gated)
    mode = _same("gating", _per_layer(array, "gating_mode", path), path)
    _insist(mode in ("none", "gated"), "gating_mode", array, path, "none or gated")
    if mode == "gated":
        second = array.get("secondary_activation", "Sigmoid")
        gates = second if isinstance(second, list) else [second]
        if any(_bend(gate, path) != "Sigmoid" for gate in gates):
            raise refused("its gates are not sigmoids, which alone we play", path)
    return bool(mode == "gated")


def _activation(array: Mapping[str, Any], path: Path) -> str:
    bends = [_bend(one, path) for one in _per_layer(array, "activation", path)]
    return str(_same("activation", bends, path))


def _bend(told: Any, path: Path) -> str:
    """The activation's name; with parameters only where they are the usual ones."""
    name, rest = told, {}
    if isinstance(told, dict):
        rest = {key: value for key, value in told.items() if key not in ("type", "name")}
        name = told.get("type", told.get("name"))
    usual: dict[str, Any] = {
        "LeakyReLU": {"negative_slope": 0.01},
        "Hardtanh": {"min_val": -1.0, "max_val": 1.0},
    }.get(str(name), {})
    if name not in BENT_BY or any(value != usual.get(key) for key, value in rest.items()):
        raise refused(
            f"activation {str(told)[:60]!r} is not one we play", path, hint=", ".join(BENT_BY)
        )
    return str(name)


def _per_layer(array: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    """One value for all layers, or one for each."""
    told = array.get(key)
    layers = len(_wholes(array, "dilations", path))
    values = told if isinstance(told, list) else [told] * layers
    if len(values) != layers:
        raise refused(f"'{key}' has {len(values)} entries for {layers} layers", path)
    return values


def _same(what: str, values: Sequence[Any], path: Path) -> Any:
    for value in values:
        if value != values[0]:
            raise refused(f"its layers differ in {what}, which ours never do", path)
    return values[0]


def _wholes(part: Mapping[str, Any], key: str, path: Path) -> list[int]:
    values = part.get(key)
    if not isinstance(values, list) or not values:
        raise refused(f"'{key}' is not a list of whole numbers", path)
    return [_whole({key: value}, key, path) for value in values]


def _whole(part: Mapping[str, Any], key: str, path: Path) -> int:
    value = part.get(key)
    if type(value) is not int or not 1 <= value <= 1_000_000:
        raise refused(f"'{key}' is {str(value)[:40]}, not a whole number from 1 on", path)
    return value


def _insist(holds: bool, key: str, part: Mapping[str, Any], path: Path, wanted: str) -> None:
    if not holds:
        raise refused(f"'{key}' is {str(part.get(key))[:40]}; we play only {wanted}", path)
