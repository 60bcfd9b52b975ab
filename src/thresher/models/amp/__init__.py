"""Amplifiers: the FAMILY record."""

from typing import Any

from thresher.models.amp.anatomy import ANATOMY
from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.examples import pair_examples
from thresher.models.amp.fitting import fit_to_pairs
from thresher.models.amp.loss import MEASURE, amp_loss
from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.sampler import amp_sampler, engines
from thresher.models.family import Conditioning, Family, Stage

_SHARED: dict[str, Any] = {
    "precision": "float32",
    "validation_batches": 1,
    "preview_clips": 1,
    "preview_seconds": 6.0,
    "ema_decay": 0.99,
}

# sdatkinson/neural-amp-modeler: 4e-3, sinking to half of it in a hundred epochs of batches of 16.
# Ten minutes of a processor go further in many small steps, and down to a fiftieth (docs/amp.md).
_FILTERS = _SHARED | {
    "batch_size": 2,
    "learning_rate": 4e-3,
    "schedule": "exponential",
    "validate_every": 500,
}

# Alec-Wright/CoreAudioML: 5e-3; halved on a plateau there, here along the schedule.
_MEMORY = _SHARED | {"batch_size": 40, "learning_rate": 5e-3, "validate_every": 220}

FAMILY = Family(
    name="amp",
    summary="A guitar amplifier, learned from one recording of what went in and what came out.",
    config=AmpConfig,
    stages=(Stage(name="network", build=AmpNetwork, examples=pair_examples, loss=amp_loss),),
    sampler=amp_sampler,
    engines=engines,
    presets=PRESETS,
    training={
        "": _FILTERS,
        **{name: _MEMORY if name.startswith("lstm") else _FILTERS for name in PRESETS},
    },
    prompts=frozenset({"nothing", "sound"}),
    conditioning=lambda config: Conditioning(knobs=config.knobs),
    fit=fit_to_pairs,
    anatomy=ANATOMY,
    measure=MEASURE,
)
