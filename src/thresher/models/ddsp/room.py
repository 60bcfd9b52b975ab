"""The room that all notes were played in, as one impulse response."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.models.ddsp.config import DDSPConfig
from thresher.synths.reverb import decaying_impulse

INITIAL_SPREAD = 1e-6
"""Of the taps before learning: silence, but not exactly (magenta/ddsp, ddsp/effects.py)."""

TAP_SCALE = 0.01
"""What a weight of the room is multiplied by. Adam moves every weight by about the learning rate
in every step, however small its gradient: 48,000 taps that each move by 3e-3 are a burst of noise
two thirds as loud as the note, and held-out loss rose as soon as the room began to learn."""

INITIAL_GAIN, INITIAL_DECAY = 1e-3, 4.0
"""Of a decaying room before learning: as silent as the taps, gone after a twentieth of a second
(magenta/ddsp, ddsp/effects.py, ExpDecayReverb, whose gain starts at 2)."""


class Room(nn.Module):
    """Learned taps, or a learned decay of noise that stays the same."""

    def __init__(self, config: DDSPConfig) -> None:
        super().__init__()
        self.decays, self.sample_rate = config.reverb == "decay", config.sample_rate
        if self.decays:
            self.gain = nn.Parameter(torch.tensor(INITIAL_GAIN))
            self.decay = nn.Parameter(torch.tensor(INITIAL_DECAY))
            still = torch.Generator().manual_seed(0)  # the same room whenever it is built
            noise = torch.rand(config.reverb_taps, generator=still) * 2 - 1
            self.register_buffer("noise", noise, persistent=False)
        else:
            self.taps = nn.Parameter(INITIAL_SPREAD / TAP_SCALE * torch.randn(config.reverb_taps))

    def forward(self) -> Float[Tensor, " taps"]:
        """The impulse response; what its first tap says, the dry sound says already."""
        if not self.decays:
            return TAP_SCALE * self.taps
        return decaying_impulse(self.gain, self.decay, self.get_buffer("noise"), self.sample_rate)
