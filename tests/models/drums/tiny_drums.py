"""A small pair of networks and a corpus to learn from, for tests."""

import torch

from thresher.corpus import CorpusConfig, build_corpus
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.network import GainNetwork, RepairNetwork

RATE = 8_000

SMALL = {
    "repair": True,
    "width": 8,
    "memories": 1,
    "sequence": 40,
    "repair_channels": 4,
    "repair_dilations": (1, 2, 4, 8),
    "repair_frames": 20,
    "repair_lead_in": 20,
    "sample_rate": RATE,
}


def tiny_networks(seed=0, loud=False, **changes):
    """Both stages; ``loud`` ones repair something even before they have learned to."""
    config = DrumsConfig(**{**SMALL, **changes})
    torch.manual_seed(seed)
    networks = {"gains": GainNetwork(config), "repair": RepairNetwork(config)}
    for network in networks.values():
        network.eval().requires_grad_(False)
    if loud:
        networks["repair"].head.weight.normal_(0, 0.05)
    return networks


def made_corpus(workspace, songs=4, seconds=4.0, rate=RATE, name="made"):
    """Songs made up by formulas, the last ones held out."""
    config = CorpusConfig(
        recipe="stems",
        sample_rate=rate,
        window_seconds=0.5,
        made_songs=songs,
        made_seconds=seconds,
        validation_fraction=0.25,
    )
    return build_corpus(workspace, name, [], config)
