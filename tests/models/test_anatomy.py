"""thresher.models.anatomy: what a family tells of its insides is what its network does."""

import fnmatch
import math
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from thresher.audio.quantise import encode
from thresher.explain.reach import reach
from thresher.models import FAMILIES
from thresher.models.anatomy import Coded, Listening
from thresher.models.family import Batch
from thresher.settings import from_mapping

VARIANTS = {
    "samplernn": (
        {"frame_sizes": [4], "dim": 16, "embedding_dim": 4, "block": 64},
        {
            "frame_sizes": [2, 8],
            "dim": 12,
            "sample_dim": 8,
            "embedding_dim": 4,
            "block": 64,
            "cell": "lstm",
            "skips": True,
            "weight_norm": True,
            "input_projection": False,
            "artists": ["A", "B"],
            "initial_state": "learned",
        },
    ),
    "wavenet": (
        {
            "dilations": [1, 2, 4, 1, 2],
            "residual_channels": 8,
            "dilation_channels": 6,
            "skip_channels": 12,
            "block": 64,
        },
        {
            "dilations": [1, 2],
            "filter_width": 3,
            "residual_channels": 6,
            "dilation_channels": 6,
            "skip_channels": 12,
            "input": "scalar",
            "initial_filter_width": 5,
            "output": "logistics",
            "mixtures": 3,
            "artists": ["A", "B"],
            "local_features": ["loudness"],
            "local_channels": 1,
            "local_hop": 8,
            "context_dilations": [1, 8],
            "context_channels": 4,
            "block": 64,
        },
    ),
}
"""By family: small settings, one for each way its anatomy may differ."""

TINY = runpy.run_path(str(Path(__file__).with_name("test_families.py")))["TINY"]
"""The settings that the catalogue's contract is tried under; they do for families to come."""

told = [family for family in FAMILIES if family.anatomy]
coded = [family for family in told if family.anatomy.listen]
"""Families that predict codes, and so have odds to tell."""


def under_variants(families):
    return pytest.mark.parametrize(
        ("family", "settings"),
        [
            pytest.param(family, settings, id=f"{family.name}-{number}")
            for family in families
            for number, settings in enumerate(VARIANTS.get(family.name, TINY.get(family.name, ())))
        ],
    )


variants, coded_variants = under_variants(told), under_variants(coded)


def built(family, settings):
    config = from_mapping(family.config, settings)
    torch.manual_seed(0)
    networks = {
        stage.name: stage.build(config).eval() for stage in family.for_config(config).stages
    }
    with torch.no_grad():
        for network in networks.values():
            for weights in network.parameters():
                weights.mul_(2).add_(0.02 * torch.randn_like(weights))
    return config, networks


def listening(config, samples=200, wanted=32, channels=0, dtype=torch.float32):
    sound = 0.4 * np.sin(0.3 * np.arange(samples)) * np.linspace(0, 1, samples)
    codes = torch.from_numpy(encode(sound, config.quantiser, config.levels).astype(np.int64))
    soft = functional.one_hot(codes, config.levels).to(dtype)
    hop = getattr(config, "local_hop", 0)
    frames = None
    if channels:
        frames = np.random.default_rng(0).normal(size=(-(-samples // hop), channels))
        frames = frames.astype(np.float32)
    return codes, Listening(soft, frames, wanted)


@variants
def test_every_weight_belongs_to_exactly_one_part(family, settings):
    config, networks = built(family, settings)
    names = [f"{s}.{name}" for s, n in networks.items() for name, _ in n.named_parameters()]
    parts = family.anatomy.shape(config).parts
    for name in names:
        owners = [
            part.name for part in parts if any(fnmatch.fnmatch(name, p) for p in part.weights)
        ]
        assert len(owners) == 1, (name, owners)


@coded_variants
def test_the_parts_cost_what_the_network_costs(family, settings):
    config, _ = built(family, settings)
    parts = family.anatomy.shape(config).parts
    assert sum(part.macs for part in parts) == pytest.approx(config.macs_per_sample)


@pytest.mark.parametrize("family", coded, ids=lambda family: family.name)
def test_every_preset_has_a_plan(family):
    for values in ({}, *family.presets.values()):
        plain = {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}
        config = from_mapping(family.config, plain)
        shape = family.anatomy.shape(config)
        assert sum(part.macs for part in shape.parts) == pytest.approx(config.macs_per_sample)
        assert all(reads.row <= i for i, row in enumerate(shape.rows) for reads in row.reads)
        assert reach(shape.rows) in (None, getattr(config, "receptive_field", None))


@coded_variants
def test_listening_gives_the_odds_whose_surprise_is_the_loss(family, settings):
    config, networks = built(family, settings)
    assert isinstance(config, Coded)
    channels = getattr(config, "local_channels", 0)
    codes, heard = listening(config, channels=channels)
    with torch.no_grad():
        chances = family.anatomy.listen(networks, config, heard)
    told = -chances[torch.arange(heard.wanted), codes[-heard.wanted :]].mean() / math.log(2)

    assert chances.shape == (heard.wanted, config.levels)
    assert torch.allclose(chances.exp().sum(dim=1), torch.ones(heard.wanted), atol=1e-4)
    if not channels:
        assert told == pytest.approx(loss_bits(family, config, networks, codes, heard), abs=2e-3)


def loss_bits(family, config, networks, codes, heard) -> float:
    """What the family's own loss says of the same samples."""
    past = getattr(config, "receptive_field", None)
    start = len(codes) - heard.wanted - past if past else 0
    silence = torch.full((max(-start, 0) + (0 if past else config.overlap),), config.levels // 2)
    row = torch.cat([silence, codes[max(start, 0) :]])
    tensors = {"codes": row[None], "first": torch.zeros(1, dtype=torch.int64)}
    if config.artists:
        tensors["artists"] = torch.full((1, len(config.artists)), 1 / len(config.artists))
    [stage] = family.stages
    with torch.no_grad():
        loss = stage.loss(networks[stage.name], Batch(tensors, fresh=True), {})
    if past:
        return float(loss.report["bits"])
    with torch.no_grad():  # a network with memory is judged over all of it; take the end
        logits, _ = networks[stage.name](
            row[None], networks[stage.name].initial_state(1), artists=tensors.get("artists")
        )
        nats = functional.cross_entropy(
            logits[0, -heard.wanted :], row[-heard.wanted :], reduction="mean"
        )
    return float(nats) / math.log(2)


@coded_variants
def test_a_gradient_reaches_exactly_the_samples_that_the_plan_says(family, settings):
    config, networks = built(family, settings)
    networks = {name: network.double() for name, network in networks.items()}
    nominal = reach(family.anatomy.shape(config).rows)
    _, heard = listening(config, samples=120, wanted=1, dtype=torch.float64)
    soft = heard.soft.requires_grad_()
    chances = family.anatomy.listen(networks, config, heard._replace(soft=soft))
    chances[0, 3].backward()
    felt = soft.grad.norm(dim=1).numpy() > 0

    assert not felt[-1], "the sample that is asked for is not known"
    oldest = len(felt) - 1 - int(np.argmax(felt))
    if nominal is None:
        assert oldest >= 100
    else:
        assert oldest == min(nominal, len(felt) - 1)


@coded_variants
def test_filters_are_of_the_length_they_say(family, settings):
    config, networks = built(family, settings)
    for filters in family.anatomy.filters(networks, config):
        assert filters.values.ndim == 2
        assert filters.over != "codes" or filters.values.shape[1] == config.levels
