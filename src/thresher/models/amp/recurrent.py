"""A memory that hears one sample at a time: Wright et al. 2020, section 2.1."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.models.amp.config import AmpConfig
from thresher.models.family import State


class RecurrentAmp(nn.Module):
    """An LSTM, a linear layer, and the input added to what they say."""

    def __init__(self, config: AmpConfig) -> None:
        super().__init__()
        self.initial_hidden: Tensor
        self.initial_cell: Tensor
        self.input_skip, self.warm_up = config.input_skip, config.warm_up
        self.lstm = nn.LSTM(config.inputs, config.hidden, batch_first=True)
        self.out = nn.Linear(config.hidden, 1)
        # Zero unless another program's file says something else; not learned.
        self.register_buffer("initial_hidden", torch.zeros(config.hidden))
        self.register_buffer("initial_cell", torch.zeros(config.hidden))

    def forward(
        self, heard: Float[Tensor, "batch inputs samples"], past: State
    ) -> tuple[Float[Tensor, "batch wanted"], State]:
        """What comes out, and the memory; without a past the first ``warm_up`` are only heard."""
        start = past or self._initial(len(heard))
        memory = (start["hidden"][None].contiguous(), start["cell"][None].contiguous())
        found, (hidden, cell) = self.lstm(heard.transpose(1, 2), memory)
        made = self.out(found)[..., 0]
        if self.input_skip:
            made = made + heard[:, 0]
        return made if past else made[:, self.warm_up :], {"hidden": hidden[0], "cell": cell[0]}

    def _initial(self, batch: int) -> State:
        hidden, cell = (b.expand(batch, -1) for b in (self.initial_hidden, self.initial_cell))
        return {"hidden": hidden, "cell": cell}
