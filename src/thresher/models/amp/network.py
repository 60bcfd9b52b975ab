"""From a dry guitar to an amplified one, sample by sample: the same door for every architecture."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.models.amp.config import AmpConfig
from thresher.models.amp.recurrent import RecurrentAmp
from thresher.models.amp.stacks import MixedFilters, StackedFilters
from thresher.models.family import State

KINDS = {"wavenet": StackedFilters, "va": MixedFilters, "lstm": RecurrentAmp}


class AmpNetwork(nn.Module):
    """An amplifier."""

    def __init__(self, config: AmpConfig) -> None:
        super().__init__()
        self.config = config
        self.amp: nn.Module = KINDS[config.architecture](config)

    def forward(
        self,
        dry: Float[Tensor, "batch samples"],
        knobs: Float[Tensor, "batch knobs"] | None = None,
    ) -> Float[Tensor, "batch wanted"]:
        """The amplified sound of all but the first ``config.context`` samples, which are heard."""
        return self.play_from({}, dry, knobs)[0]

    def play_from(
        self,
        past: State,
        dry: Float[Tensor, "batch samples"],
        knobs: Float[Tensor, "batch knobs"] | None = None,
    ) -> tuple[Float[Tensor, "batch wanted"], State]:
        """Go on from a state: as many samples come out as go in, any number at a time.

        From the empty state the first ``config.context`` samples are only heard.
        """
        heard = dry[:, None]
        if self.config.knobs:
            if knobs is None:
                knobs = dry.new_full((len(dry), len(self.config.knobs)), 0.5)
            heard = torch.cat([heard, knobs[:, :, None].expand(-1, -1, dry.shape[1])], dim=1)
        made: tuple[Tensor, State] = self.amp(heard, past)
        return made

    def at_rest(self, batch: int, knobs: Float[Tensor, "batch knobs"] | None = None) -> State:
        """The state after silence: of a clip that has not begun."""
        if not self.config.context:
            return {}
        silence = next(self.parameters()).new_zeros(batch, self.config.context)
        return self.play_from({}, silence, knobs)[1]

    @property
    def weights(self) -> int:
        """Numbers that are learned, and the scale of the output where there is one."""
        scales = self.config.architecture == "wavenet"
        return sum(weight.numel() for weight in self.parameters()) + scales
