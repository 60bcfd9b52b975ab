"""Stacks of dilated filters: the network that plugins play, and an older one of the same kind.

sdatkinson/neural-amp-modeler, nam/models/wavenet, whose .nam files hold these very weights, and
Wright et al. 2020, section 2.2. Both hear their input once, `AmpConfig.context` samples longer
than what they answer, and no layer pads: what the filters of a plugin hold is what these see.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.models.amp.config import AmpConfig
from thresher.models.family import State
from thresher.nn.filters import Filter, carried, newest

BENDS: dict[str, Callable[[Tensor], Tensor]] = {
    "Tanh": torch.tanh,
    "ReLU": torch.relu,
    "LeakyReLU": nn.functional.leaky_relu,
    "Sigmoid": torch.sigmoid,
    "Hardtanh": nn.functional.hardtanh,
}


class Layer(nn.Module):
    """Filter, add what conditions, bend; pass that on to the head and, mixed, to the next."""

    def __init__(
        self, inputs: int, conditions: int, channels: int, dilation: int, config: AmpConfig
    ) -> None:
        super().__init__()
        wide = channels * (2 if config.gated else 1)
        self.gated, self._bend = config.gated, BENDS[config.activation]
        self.conv = Filter(inputs, wide, config.kernel_size, dilation=dilation)
        self.mixin = Filter(conditions, wide, 1, bias=False) if conditions else None
        self.out = Filter(channels, channels, 1)

    def forward(
        self,
        x: Float[Tensor, "batch inputs samples"],
        condition: Float[Tensor, "batch conditions _"],
    ) -> Float[Tensor, "batch channels _"]:
        """What it answers; ``condition`` may begin earlier."""
        z = self.conv(x)
        if self.mixin is not None:
            z = z + self.mixin(newest(condition, z.shape[-1]))
        if not self.gated:
            return self._bend(z)
        bent, gate = z.chunk(2, dim=1)
        return self._bend(bent) * torch.sigmoid(gate)


class Stack(nn.Module):
    """Layers whose answers are summed for the head, each hearing what the one before left."""

    def __init__(self, index: int, config: AmpConfig) -> None:
        super().__init__()
        channels = config.channels[index]
        inputs = config.channels[index - 1] if index else 1
        after = (*config.channels[1:], 1)[index]
        self.rechannel = Filter(inputs, channels, 1, bias=False)
        self.layers = nn.ModuleList(
            Layer(channels, config.inputs, channels, dilation, config)
            for dilation in config.dilations[index]
        )
        self.head = Filter(channels, after, 1, bias=config.head_bias[index])


class StackedFilters(nn.Module):
    """Two stacks (or as many as there are channels): the architecture ``wavenet``."""

    def __init__(self, config: AmpConfig) -> None:
        super().__init__()
        self.head_scale: Tensor
        self.context = config.context
        self.arrays = nn.ModuleList(Stack(index, config) for index in range(len(config.channels)))
        # Written into every .nam as its last number; not learned, so no parameter.
        self.register_buffer("head_scale", torch.tensor(config.head_scale))

    def forward(
        self, heard: Float[Tensor, "batch inputs samples"], past: State
    ) -> tuple[Float[Tensor, "batch wanted"], State]:
        """What comes out, and what the filters then hold; see `thresher.nn.filters.carried`."""
        carry: State = {}
        wanted = heard.shape[-1] - (0 if past else self.context)
        x, head = heard[:, :1], None
        for number, stack in enumerate(self.arrays):
            assert isinstance(stack, Stack)
            x = stack.rechannel(x)
            for place, layer in enumerate(stack.layers):
                assert isinstance(layer, Layer)
                x = carried(f"{number}.{place}", x, layer.conv.reach, past, carry)
                answer = layer(x, heard)
                x = newest(x, answer.shape[-1]) + layer.out(answer)
                told = newest(answer, wanted)
                head = told if head is None else head + told
            head = stack.head(head)
        assert head is not None
        return head[:, 0] * self.head_scale, carry


class MixedFilters(nn.Module):
    """Every layer's answer goes into one mixer: the architecture ``va``."""

    def __init__(self, config: AmpConfig) -> None:
        super().__init__()
        self.context, channels = config.context, config.channels[0]
        dilations = [d for stack in config.dilations for d in stack]
        self.layers = nn.ModuleList(
            Layer(channels if place else config.inputs, 0, channels, dilation, config)
            for place, dilation in enumerate(dilations)
        )
        self.mixer = Filter(channels * len(dilations), 1, 1)

    def forward(
        self, heard: Float[Tensor, "batch inputs samples"], past: State
    ) -> tuple[Float[Tensor, "batch wanted"], State]:
        """What comes out, and what the filters then hold; see `thresher.nn.filters.carried`."""
        carry: State = {}
        wanted = heard.shape[-1] - (0 if past else self.context)
        x, told = heard, []
        for place, layer in enumerate(self.layers):
            assert isinstance(layer, Layer)
            x = carried(str(place), x, layer.conv.reach, past, carry)
            answer = layer(x, x[:, :0])
            # The first layer hears one guitar (and knobs), to which all its channels are added.
            around = x if place else x[:, :1]
            x = newest(around, answer.shape[-1]) + layer.out(answer)
            told.append(newest(answer, wanted))
        return self.mixer(torch.cat(told, dim=1))[:, 0], carry
