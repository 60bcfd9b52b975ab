"""Small amplifiers and ``.nam`` files that the tests here share."""

import json

import numpy as np
import torch

from thresher.models.amp.config import AmpConfig
from thresher.models.amp.nam_dialects import settings_of
from thresher.models.amp.nam_file import NamFile, nam_text
from thresher.models.amp.nam_weights import numbers_of
from thresher.models.amp.network import AmpNetwork

SMALL = {
    "plain": {"channels": (5, 3), "dilations": ((1, 2, 4), (1, 8))},
    "gated": {"channels": (4, 2), "dilations": ((1, 2), (4, 1)), "gated": True},
    "leaky": {"channels": (3,), "dilations": ((1, 3),), "head_bias": (True,)}
    | {"activation": "LeakyReLU", "kernel_size": 2},
    "mixed": {"architecture": "va", "channels": (3, 3), "dilations": ((1, 2, 4), (1, 8))}
    | {"gated": True},
    "lstm": {"architecture": "lstm", "hidden": 6, "input_skip": False},
    "skipping": {"architecture": "lstm", "hidden": 6},
}


def amp(kind="plain", seed=0, loud=1.5, **settings):
    """A small amplifier with weights of its own."""
    torch.manual_seed(seed)
    network = AmpNetwork(AmpConfig(**{**SMALL[kind], **settings}))
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(loud)
    return network.eval().requires_grad_(False)


def guitar(samples=3000, seed=0):
    return (0.3 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def offline(network, dry, knobs=None):
    """The network's own answer, all at once, silence before it."""
    with torch.inference_mode():
        heard = torch.from_numpy(dry)[None]
        return network.play_from(network.at_rest(1, knobs), heard, knobs)[0][0].numpy()


def document_of(network):
    architecture = "LSTM" if network.config.architecture == "lstm" else "WaveNet"
    file = NamFile(
        architecture=architecture,
        config=settings_of(network.config),
        weights=numbers_of(network),
        metadata={},
    )
    return json.loads(nam_text(file))


def nested(document):
    """A document of the legacy dialect as neural-amp-modeler 0.13 writes the same (0.7.0)."""
    film = {"active": False, "shift": True, "groups": 1}
    spots = ("conv_pre", "conv_post", "input_mixin_pre", "input_mixin_post")
    spots += ("activation_pre", "activation_post", "layer1x1_post", "head1x1_post")
    arrays = []
    for old in document["config"]["layers"]:
        layers, gated = len(old["dilations"]), old["gated"]
        gates = {"type": "Sigmoid"} if gated else None
        arrays.append(
            {key: old[key] for key in ("input_size", "condition_size", "channels", "dilations")}
            | {"head": old["head"], "kernel_sizes": [old["kernel_size"]] * layers}
            | {"activation": [{"type": old["activation"]}] * layers}
            | {"gating_mode": ["gated" if gated else "none"] * layers}
            | {"secondary_activation": [gates] * layers, "bottleneck": old["channels"]}
            | {"head1x1": {"active": False, "out_channels": 1, "groups": 1}}
            | {"layer1x1": {"active": True, "groups": 1}, "slimmable": None}
            | {"groups_input": 1, "groups_input_mixin": 1}
            | {f"{spot}_film": film for spot in spots}
        )
    config = {**document["config"], "layers": arrays}
    return {**document, "version": "0.7.0", "config": config}
