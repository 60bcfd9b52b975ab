"""The layers, smallest part first, `WaveNet` last; parallel over time, for training.

Letters: B clips, T samples, R residual, D dilation, G gate, S skip channels, Q codes.

Channels come last, so that a dilated convolution of two taps is one product of
[x(t - d), x(t)] with a matrix, and the skips of all layers are one product too:
[z_1 … z_n] [n D, S]. Every product is large, nothing is shifted or transposed in memory,
and only columns that somebody reads are computed: each layer is shorter than the last.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, Num
from torch import Tensor, nn
from torch.nn import functional

from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.upsampling import Upsampler

SPREAD, LOG_SCALE = 0.5, -2.0
"""Heights between which logistics begin, and their log width: music is mostly there."""


def matrix(rows: int, columns: int, gain: float = 1.0) -> nn.Parameter:
    """A weight that keeps the size of what it reads (He et al. 2015, linear)."""
    return nn.Parameter(torch.randn(rows, columns) * gain * columns**-0.5)


class FirstCodes(nn.Module):
    """The first convolution on codes: a one-hot input only picks rows of its weight."""

    def __init__(self, taps: int, levels: int, channels: int) -> None:
        super().__init__()
        self.taps, self.levels = taps, levels
        self.rows = nn.Parameter(torch.randn(taps * levels, channels) * taps**-0.5)

    def forward(self, codes: Int[Tensor, "B T"]) -> Float[Tensor, "B t R"]:
        """One row per tap and code, summed."""
        length = codes.shape[1] - self.taps + 1
        tables = self.rows.reshape(self.taps, self.levels, -1).unbind()
        picked = [functional.embedding(codes[:, k : k + length], t) for k, t in enumerate(tables)]
        return torch.stack(picked).sum(0) if len(picked) != 2 else picked[0] + picked[1]


class FirstHeights(nn.Module):
    """The first convolution on heights in [-1, 1]."""

    def __init__(self, taps: int, channels: int) -> None:
        super().__init__()
        self.taps = taps
        self.weight = matrix(channels, taps)

    def forward(self, heights: Float[Tensor, "B T"]) -> Float[Tensor, "B t R"]:
        """A filter per channel, without bias."""
        return functional.linear(heights.unfold(1, self.taps, 1), self.weight)


class Steering(NamedTuple):
    """What every layer reads besides the sound."""

    artist: Float[Tensor, "B A"] | None
    local: Float[Tensor, "B T C"] | None
    """At the pace of samples; column for column with the newest of the layer."""
    context: Float[Tensor, "B T K"] | None


UNSTEERED = Steering(None, None, None)


class ResidualLayer(nn.Module):
    """A dilated convolution, its gate, and the way back into the stream."""

    def __init__(self, config: WaveNetConfig, dilation: int, *, context: bool, last: bool) -> None:
        super().__init__()
        C = config.context_channels
        R, D = (C, C) if context else (config.residual_channels, config.dilation_channels)
        G, K = D * (2 if config.gate == "gated" else 1), config.filter_width
        S, steered = C if context else config.skip_channels, not context
        self.dilation, self.taps, self.gated = dilation, K, config.gate == "gated"
        self.conv = matrix(G, K * R)
        self.conv_bias = _bias(G, config)
        # The paper's last layer has this product too, but nobody reads what it adds.
        self.residual = None if last else matrix(R, D)
        self.residual_bias = None if last else _bias(R, config)
        self.skip = matrix(S, D)
        self.skip_bias = _bias(S, config)
        self.artist = matrix(G, config.artist_dim) if steered and config.artists else None
        self.local = (
            matrix(G, config.local_channels, 0.5) if steered and config.local_channels else None
        )
        self.context = matrix(G, C, 0.5) if steered and config.context_dilations else None

    def forward(
        self, x: Float[Tensor, "B T R"], steering: Steering
    ) -> tuple[Float[Tensor, "B t R"], Float[Tensor, "B t D"]]:
        """The stream and what this layer says, both shorter by (taps - 1) dilation."""
        d, K = self.dilation, self.taps
        length = x.shape[1] - (K - 1) * d
        parts = [x[:, k * d : k * d + length] for k in range(K)]
        weights: list[Tensor] = [self.conv]
        for weight, curve in ((self.local, steering.local), (self.context, steering.context)):
            if weight is not None and curve is not None:
                parts.append(curve[:, curve.shape[1] - length :])
                weights.append(weight)
        y = functional.linear(torch.cat(parts, dim=2), torch.cat(weights, dim=1), self.conv_bias)
        if self.artist is not None and steering.artist is not None:
            y = y + functional.linear(steering.artist, self.artist)[:, None]
        z = gate(y) if self.gated else functional.relu(y)
        x = parts[K - 1]
        if self.residual is not None:
            x = x + functional.linear(z, self.residual, self.residual_bias)
        return x, z


def gate(y: Float[Tensor, "*n two_D"]) -> Float[Tensor, "*n D"]:
    """The filter's tanh times the gate's sigmoid."""
    filtered, gates = y.chunk(2, dim=-1)
    return torch.tanh(filtered) * torch.sigmoid(gates)


class Stack(nn.Module):
    """The first convolution and all layers."""

    def __init__(self, config: WaveNetConfig, *, context: bool = False) -> None:
        super().__init__()
        R = config.context_channels if context else config.residual_channels
        dilations = config.context_dilations if context else config.dilations
        self.first: nn.Module = (
            FirstCodes(config.first_taps, config.levels, R)
            if config.input == "codes"
            else FirstHeights(config.first_taps, R)
        )
        last = len(dilations) - 1
        self.layers = nn.ModuleList(
            ResidualLayer(config, dilation, context=context, last=i == last)
            for i, dilation in enumerate(dilations)
        )

    def residual_layers(self) -> list[ResidualLayer]:
        """The layers, as what they are."""
        return [layer for layer in self.layers if isinstance(layer, ResidualLayer)]

    def hear(
        self, past: Num[Tensor, "B T"], steering: Steering
    ) -> tuple[list[Float[Tensor, "B _ R"]], list[Float[Tensor, "B _ D"]]]:
        """What every layer reads, and what it says."""
        x, read, said = self.first(past), [], []
        for layer in self.layers:
            read.append(x)
            x, z = layer(x, steering)
            said.append(z)
        return read, said

    def skips(self, said: Sequence[Float[Tensor, "B _ D"]], length: int) -> Tensor:
        """The newest ``length`` columns of every layer's word, through one product [B, T, S]."""
        layers = self.residual_layers()
        weight = torch.cat([layer.skip for layer in layers], dim=1)
        biases: list[Tensor] = [layer.skip_bias for layer in layers if layer.skip_bias is not None]
        bias = torch.stack(biases).sum(0) if biases else None
        return functional.linear(
            torch.cat([z[:, z.shape[1] - length :] for z in said], dim=2), weight, bias
        )

    def forward(self, past: Num[Tensor, "B T"], steering: Steering, length: int) -> Tensor:
        """The sum of the skips, after its rectifier [B, length, S]."""
        _, said = self.hear(past, steering)
        return functional.relu(self.skips(said, length))


class WaveNet(nn.Module):
    """The past in, a description of each next sample out; nothing is carried onward."""

    def __init__(self, config: WaveNetConfig) -> None:
        super().__init__()
        self.config = config
        S = config.skip_channels
        self.stack = Stack(config)
        self.context = Stack(config, context=True) if config.context_dilations else None
        self.artists = matrix(len(config.artists), config.artist_dim) if config.artists else None
        if self.artists is not None and len(config.artists) == config.artist_dim:
            nn.init.eye_(self.artists)
        self.upsampler = (
            Upsampler(
                config.local_hop, config.local_channels, learned=config.upsample == "transposed"
            )
            if config.local_channels
            else None
        )
        self.head, self.head_bias = matrix(S, S, 2**0.5), _bias(S, config)
        # Small at first: an untrained network finds every code about equally likely.
        self.out, self.out_bias = matrix(config.outputs, S, 0.1), _out_bias(config)

    def forward(
        self,
        past: Num[Tensor, "B T"],
        artists: Float[Tensor, "B artists"] | None = None,
        local: Float[Tensor, "B rows channels"] | None = None,
        offset: Int[Tensor, " B"] | None = None,
    ) -> Float[Tensor, "B length outputs"]:
        """Column j describes sample j + receptive field, from the samples before it.

        ``past`` holds codes or heights, as the config says; the last sample of a piece is
        never read, so T = receptive field - 1 + length. ``offset`` is the place of its first
        sample, counted from the start of the first row of ``local``.
        """
        length = past.shape[1] - self.config.receptive_field + 1
        own, steering = self._steered(past, artists, local, offset)
        x = self.stack(own, steering, length)
        x = functional.relu(functional.linear(x, self.head, self.head_bias))
        return functional.linear(x, self.out, self.out_bias)

    def hear(
        self,
        past: Num[Tensor, "B T"],
        artists: Float[Tensor, "B artists"] | None = None,
        local: Float[Tensor, "B rows channels"] | None = None,
        offset: Int[Tensor, " B"] | None = None,
    ) -> tuple[list[Float[Tensor, "B _ R"]], list[Float[Tensor, "B _ K"]]]:
        """What the layers read, and those of the context stack: what stepping goes on from.

        With T = receptive field - 1 the newest (taps - 1) dilation columns are there.
        """
        own, steering = self._steered(past, artists, local, offset)
        far = [] if self.context is None else self.context.hear(past, UNSTEERED)[0]
        return self.stack.hear(own, steering)[0], far

    def _steered(
        self, past: Tensor, artists: Tensor | None, local: Tensor | None, offset: Tensor | None
    ) -> tuple[Num[Tensor, "B own"], Steering]:
        """The part of the past that the main stack reads, and what steers its columns."""
        config = self.config
        first = config.first_taps
        columns = past.shape[1] - first + 1
        artist = curve = heard = None
        if self.artists is not None and artists is not None:
            artist = artists @ self.artists
        if self.upsampler is not None and local is not None and offset is not None:
            # A column's curve is that of the sample it asks for: the one after its taps.
            curve = self.upsampler(local, offset + first, columns)
        if self.context is not None:
            lost = (config.filter_width - 1) * sum(config.context_dilations)
            heard = self.context(past, UNSTEERED, columns - lost)
        spare = config.receptive_field - config.own_receptive_field
        return past[:, spare:], Steering(artist, curve, heard)


def _bias(channels: int, config: WaveNetConfig) -> nn.Parameter | None:
    return nn.Parameter(torch.zeros(channels)) if config.biases else None


def _out_bias(config: WaveNetConfig) -> nn.Parameter | None:
    """Zeros for odds; logistics begin side by side, or all would learn the same."""
    bias = _bias(config.outputs, config)
    if bias is not None and config.output != "softmax":
        odds, n = (config.mixtures, config.mixtures) if config.output == "logistics" else (0, 1)
        with torch.no_grad():
            bias[odds : odds + n] = torch.linspace(-SPREAD, SPREAD, n) if n > 1 else 0.0
            bias[odds + n :] = LOG_SCALE
    return bias
