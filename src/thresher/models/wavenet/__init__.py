"""WaveNet: the FAMILY record."""

from thresher.models.family import Family, Stage
from thresher.models.fitting import fit_to_corpus, steered_by
from thresher.models.wavenet.anatomy import ANATOMY
from thresher.models.wavenet.config import PRESETS, WaveNetConfig
from thresher.models.wavenet.examples import music_pieces
from thresher.models.wavenet.loss import next_sample_loss
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.sampler import engines, wavenet_sampler

FAMILY = Family(
    name="wavenet",
    summary="Causal convolutions with ever wider holes, straight from sample to sample.",
    config=WaveNetConfig,
    stages=(Stage(name="network", build=WaveNet, examples=music_pieces, loss=next_sample_loss),),
    sampler=wavenet_sampler,
    engines=engines,
    presets=PRESETS,
    training={
        "": {"batch_size": 1, "validation_batches": 8},
        "ibab": {
            "batch_size": 1,
            "schedule": "constant",
            "ema_decay": 0.9999,
            "validation_batches": 8,
        },
        "paper-music": {"batch_size": 1, "validation_batches": 8},
        "small": {"batch_size": 1, "learning_rate": 1.5e-3, "validation_batches": 30},
    },
    prompts=frozenset({"nothing", "audio"}),
    conditioning=steered_by,
    fit=fit_to_corpus,
    anatomy=ANATOMY,
)
