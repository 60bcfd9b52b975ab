"""Drums: the FAMILY record."""

from typing import Any

from thresher.models.drums.anatomy import ANATOMY
from thresher.models.drums.config import PRESETS, DrumsConfig
from thresher.models.drums.examples import gain_examples, repair_examples
from thresher.models.drums.fitting import fit_to_stems
from thresher.models.drums.loss import MEASURE, gain_loss, repair_loss
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.drums.resynthesis import kit_player
from thresher.models.drums.sampler import drums_sampler
from thresher.models.family import Family, Stage

# xiph/rnnoise 0.2: 1e-3 and short memories of the gradient, for batches of 128 sequences of any
# speech; a song's drums are learned from 16 (docs/drums.md).
_LEARNING: dict[str, Any] = {
    "batch_size": 16,
    "learning_rate": 1e-3,
    "clip_norm": 1.0,
    "precision": "float32",
    "ema_decay": 0.99,
    "validate_every": 50,
    "validation_batches": 4,
    "preview_clips": 1,
    "preview_seconds": 8.0,
}

FAMILY = Family(
    name="drums",
    summary="Takes the drums out of a mix: a small recurrent network sets the gains of bands.",
    config=DrumsConfig,
    stages=(
        Stage(name="gains", build=GainNetwork, examples=gain_examples, loss=gain_loss),
        Stage(
            name="repair",
            build=RepairNetwork,
            examples=repair_examples,
            loss=repair_loss,
            wanted=lambda config: config.repair,
        ),
    ),
    sampler=drums_sampler,
    presets=PRESETS,
    training={
        "": _LEARNING,
        "tiny": {**_LEARNING, "batch_size": 8, "learning_rate": 2e-3},
        "repair": _LEARNING,
        "small-repair": {**_LEARNING, "batch_size": 4},
    },
    prompts=frozenset({"nothing", "sound"}),
    fit=fit_to_stems,
    anatomy=ANATOMY,
    measure=MEASURE,
    leaves="rest",
    play_again=kit_player,
)
