"""DDSP: the FAMILY record."""

from thresher.models.ddsp.anatomy import ANATOMY
from thresher.models.ddsp.config import PRESETS, DDSPConfig
from thresher.models.ddsp.examples import melody_windows
from thresher.models.ddsp.fitting import fit_to_melody, steered_by_melody
from thresher.models.ddsp.loss import MEASURE, spectral_loss
from thresher.models.ddsp.network import Instrument
from thresher.models.ddsp.sampler import engines, instrument_sampler
from thresher.models.family import Family, Stage

# magenta/ddsp, base.gin: 0.98 every 10,000 steps, which is 0.133 after a million. Told as the
# end of an exponential descent it follows a budget as well.
_GIN = {
    "batch_size": 16,
    "steps": 1_000_000,
    "learning_rate": 3e-4,
    "schedule": "exponential",
    "floor": 0.133,
    "clip_norm": 3.0,
    "validation_batches": 4,
}

FAMILY = Family(
    name="ddsp",
    summary="A small network that plays a synthesizer by pitch and loudness, like an instrument.",
    config=DDSPConfig,
    stages=(Stage(name="network", build=Instrument, examples=melody_windows, loss=spectral_loss),),
    sampler=instrument_sampler,
    engines=engines,
    presets=PRESETS,
    training={
        "": _GIN,
        "solo-instrument": _GIN,
        "z": _GIN,
        "fm6": _GIN,
        "am": _GIN,
        "tiny": {
            "batch_size": 8,
            "learning_rate": 3e-3,
            "clip_norm": 3.0,
            "validate_every": 100,
            "validation_batches": 4,
            "ema_decay": 0.99,
        },
    },
    prompts=frozenset({"nothing", "sound", "midi"}),
    conditioning=steered_by_melody,
    fit=fit_to_melody,
    anatomy=ANATOMY,
    measure=MEASURE,
)
