"""thresher.models.samplernn.config: presets are the published systems, to the weight."""

import pytest
import torch

from thresher.errors import ThresherError
from thresher.models.samplernn.config import PRESETS, SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN

# The published systems' own counts. Mehri's and dadabots' are of this code, which follows
# their networks; PRiSM's, 78,057,728, is exactly the sum of the shapes in its source.
WEIGHTS = {
    "mehri2": 39_236_096,
    "mehri3": 18_744_832,
    "dadabots": 66_825_728,
    "prism": 78_057_728,
}
MACS = {"mehri2": 8.59e6, "mehri3": 8.00e6, "dadabots": 10.31e6, "prism": 9.64e6}


@pytest.mark.parametrize("preset", WEIGHTS)
def test_a_preset_has_the_weights_of_the_system_it_is_named_after(preset):
    with torch.device("meta"):
        network = SampleRNN(SampleRNNConfig(**PRESETS[preset]))
    assert sum(weight.numel() for weight in network.parameters()) == WEIGHTS[preset]


@pytest.mark.parametrize("preset", MACS)
def test_a_preset_costs_the_multiply_adds_of_the_specification(preset):
    config = SampleRNNConfig(**PRESETS[preset])
    assert config.macs_per_sample == pytest.approx(MACS[preset], rel=1e-3)


@pytest.mark.parametrize(
    "settings",
    [
        {"frame_sizes": ()},
        {"frame_sizes": (16, 24)},
        {"frame_sizes": (64, 16)},
        {"block": 1000},
        {"dim": 0},
        {"local_channels": 1},
    ],
    ids=str,
)
def test_a_shape_that_cannot_be_built_is_refused(settings):
    with pytest.raises(ThresherError):
        SampleRNNConfig(**settings)
