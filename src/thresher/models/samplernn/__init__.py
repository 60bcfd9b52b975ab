"""SampleRNN: the FAMILY record."""

from thresher.models.family import Family, Stage
from thresher.models.fitting import fit_to_corpus, steered_by
from thresher.models.samplernn.anatomy import ANATOMY
from thresher.models.samplernn.config import PRESETS, SampleRNNConfig
from thresher.models.samplernn.examples import music_blocks
from thresher.models.samplernn.loss import next_sample_loss
from thresher.models.samplernn.network import SampleRNN
from thresher.models.samplernn.sampler import engines, samplernn_sampler

FAMILY = Family(
    name="samplernn",
    summary="Recurrent tiers on slow clocks that steer a fast predictor of samples.",
    config=SampleRNNConfig,
    stages=(Stage(name="network", build=SampleRNN, examples=music_blocks, loss=next_sample_loss),),
    sampler=samplernn_sampler,
    engines=engines,
    presets=PRESETS,
    training={
        "mehri2": {"batch_size": 128},
        "mehri3": {"batch_size": 128},
        "dadabots": {"batch_size": 128},
        "prism": {"batch_size": 64},
        "small": {"batch_size": 32, "learning_rate": 1.5e-3},
    },
    prompts=frozenset({"nothing", "audio"}),
    conditioning=steered_by,
    fit=fit_to_corpus,
    anatomy=ANATOMY,
)
