"""The tiers, smallest part first, `SampleRNN` last.

Letters: B clips, L samples of a block, F samples of a frame, N frames, H and S channels of
the tiers and of the sample level, Q codes.

The embedding and the first two layers of the sample level have no nonlinearity between
them, so their product is taken once per block: a table with one row per (position, code).
What the papers compute for every sample (4.2 M multiply-adds at the usual sizes) becomes a
sum of F table rows. The function and its gradient are exactly those of the papers.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from thresher.models.family import State
from thresher.models.samplernn.config import SampleRNNConfig


class Matrix(nn.Module):
    """A weight [rows, columns], optionally length and direction apart (weight norm)."""

    def __init__(self, rows: int, columns: int, *, scale: float, weight_norm: bool) -> None:
        super().__init__()
        self.direction = nn.Parameter(torch.randn(rows, columns) * scale)
        self.length = (
            nn.Parameter(self.direction.detach().norm(dim=1, keepdim=True)) if weight_norm else None
        )

    def forward(self) -> Float[Tensor, "rows columns"]:
        """The weight as it is used."""
        if self.length is None:
            return self.direction
        weight: Tensor = self.direction / self.direction.norm(dim=1, keepdim=True)
        return weight * self.length


class RecurrentLayer(nn.Module):
    """One GRU or LSTM layer over frames, PyTorch's equations (reset after the product)."""

    def __init__(self, columns: int, config: SampleRNNConfig) -> None:
        super().__init__()
        H = config.dim
        self.cell = config.cell
        self.gates = 3 if config.cell == "gru" else 4
        norm = config.weight_norm
        self.read = Matrix(self.gates * H, columns, scale=columns**-0.5, weight_norm=norm)
        self.recur = Matrix(self.gates * H, H, scale=H**-0.5, weight_norm=norm)
        with torch.no_grad():
            for gate in torch.split(self.recur.direction, H):
                nn.init.orthogonal_(gate)
        self.read_bias = nn.Parameter(torch.zeros(self.gates * H))
        self.recur_bias = nn.Parameter(torch.zeros(self.gates * H))
        if config.cell == "lstm":  # gates in PyTorch's order: input, forget, cell, output
            nn.init.constant_(self.read_bias[H : 2 * H], config.forget_bias)

    def weights(self) -> list[Tensor]:
        """Input matrix, recurrent matrix and their biases."""
        return [self.read(), self.recur(), self.read_bias, self.recur_bias]

    def forward(
        self, x: Float[Tensor, "B N columns"], h: tuple[Tensor, ...]
    ) -> tuple[Float[Tensor, "B N H"], tuple[Tensor, ...]]:
        """Outputs and the state after the last frame; ``h`` is (h,) or (h, c), each [1, B, H]."""
        weights = [weight.to(x.dtype) for weight in self.weights()]
        start = tuple(part.to(x.dtype) for part in h)
        # has_biases, layers, dropout, train, bidirectional, batch_first
        rest = (True, 1, 0.0, self.training, False, True)
        if self.cell == "gru":
            out, last = torch.gru(x, start[0], weights, *rest)
            return out, (last,)
        out, last, memory = torch.lstm(x, start, weights, *rest)
        return out, (last, memory)


class Tier(nn.Module):
    """A recurrent stack on frames of F codes that steers the next faster tier."""

    def __init__(self, index: int, config: SampleRNNConfig) -> None:
        super().__init__()
        self.frame_size = F = config.frame_sizes[index]
        self.top = index == len(config.frame_sizes) - 1
        below = config.frame_sizes[index - 1] if index else 1
        self.ratio = F // below
        self.out_channels = config.dim if index else config.sample_width
        self.initial_state, self.cell, H = config.initial_state, config.cell, config.dim
        norm = config.weight_norm
        projected = config.input_projection or not self.top or self._steered(config)
        self.lift = Matrix(H, F, scale=F**-0.5, weight_norm=norm) if projected else None
        self.lift_bias = nn.Parameter(torch.zeros(H)) if projected else None
        first = H if projected else F
        inner = H + (first if config.skips else 0)
        self.layers = nn.ModuleList(
            RecurrentLayer(inner if depth else first, config) for depth in range(config.layers)
        )
        self.skips = nn.ModuleList(
            Matrix(H, H, scale=(H * config.layers) ** -0.5, weight_norm=norm)
            for _ in range(config.layers * config.skips)
        )
        self.skip_bias = nn.Parameter(torch.zeros(H)) if config.skips else None
        self.spread = Matrix(self.ratio * self.out_channels, H, scale=H**-0.5, weight_norm=norm)
        self.artist = (
            Matrix(H, len(config.artists), scale=0.1, weight_norm=False) if config.artists else None
        )
        self.local = (
            Matrix(H, config.local_channels, scale=config.local_channels**-0.5, weight_norm=False)
            if self.top and config.local_channels
            else None
        )
        parts = 1 if self.cell == "gru" else 2
        self.start = (
            nn.Parameter(torch.zeros(parts, config.layers, H))
            if self.initial_state == "learned"
            else None
        )

    @staticmethod
    def _steered(config: SampleRNNConfig) -> bool:
        return bool(config.artists or config.local_channels)

    def initial(self, clips: int, noise: Float[Tensor, "parts layers B H"] | None) -> Tensor:
        """The state before the first frame [parts, layers, B, H] (parts: h, and an LSTM's c)."""
        parts, layers = (1 if self.cell == "gru" else 2), len(self.layers)
        weight = self.spread.direction
        if self.start is not None:
            return self.start[:, :, None].expand(-1, -1, clips, -1)
        if noise is not None:
            return noise.to(weight)
        return weight.new_zeros(parts, layers, clips, weight.shape[1])

    def lifted(
        self,
        frames: Float[Tensor, "B N F"],
        above: Float[Tensor, "B N H"] | None,
        artists: Float[Tensor, "B artists"] | None,
        local: Float[Tensor, "B rows channels"] | None,
    ) -> Float[Tensor, "B N width"]:
        """What the recurrent stack reads: the frames, plus all that steers them."""
        if self.lift is None:
            return frames
        x = functional.linear(frames, self.lift(), self.lift_bias)
        if above is not None:
            x = x + above
        if self.artist is not None and artists is not None:
            x = x + functional.linear(artists, self.artist())[:, None]
        if self.local is not None and local is not None:
            x = x + functional.linear(local, self.local())
        return x

    def forward(
        self, x: Float[Tensor, "B N width"], state: Float[Tensor, "parts layers B H"]
    ) -> tuple[Float[Tensor, "B N H"], Float[Tensor, "parts layers B H"]]:
        """The stack's output, before it is spread over the faster tier, and its state."""
        out, stack_input, total, after = x, x, None, []
        for depth, layer in enumerate(self.layers):
            if self.skips and depth:
                out = torch.cat((out, stack_input), dim=-1)
            out, last = layer(out, tuple(part[depth : depth + 1] for part in state))
            after.append(torch.stack([part[0] for part in last]))
            if self.skips:
                bias = self.skip_bias if depth == 0 else None
                share = functional.linear(out, self.skips[depth](), bias)
                total = share if total is None else total + share
        return (out if total is None else total), torch.stack(after, dim=1)

    def spread_over(
        self, out: Float[Tensor, "B N H"], weight: Float[Tensor, "r_out H"]
    ) -> Float[Tensor, "B M out"]:
        """One learned matrix per faster frame: a transposed convolution, not interpolation."""
        B, N, _ = out.shape
        return functional.linear(out, weight).reshape(B, N * self.ratio, -1)


class SampleLevel(nn.Module):
    """Tier 1: the last F codes and the tier above give the odds of the next code."""

    def __init__(self, config: SampleRNNConfig) -> None:
        super().__init__()
        S, E, F, Q = config.sample_width, config.embedding_dim, config.window, config.levels
        norm = config.weight_norm
        self.window, self.levels = F, Q
        self.embedding = nn.Parameter(torch.randn(Q, E))
        self.gather = Matrix(S, F * E, scale=(F * E) ** -0.5, weight_norm=norm)
        self.mix = Matrix(S, S, scale=S**-0.5, weight_norm=norm)
        self.hidden = Matrix(S, S, scale=math.sqrt(2 / S), weight_norm=norm)
        self.out = Matrix(Q, S, scale=0.1 * S**-0.5, weight_norm=norm)
        self.mix_bias = nn.Parameter(torch.zeros(S))
        self.hidden_bias = nn.Parameter(torch.zeros(S))
        self.out_bias = nn.Parameter(torch.zeros(Q))

    def table(self, mix: Float[Tensor, "S S"]) -> Float[Tensor, "F_times_Q S"]:
        """Embedding, first and second layer as one row per (position, code)."""
        S, E = mix.shape[0], self.embedding.shape[1]
        gather = (mix @ self.gather()).reshape(S, self.window, E)
        return torch.einsum("qe,sfe->fqs", self.embedding, gather).reshape(-1, S)

    def lookup(
        self, windows: Int[Tensor, "n F"], table: Float[Tensor, "F_times_Q S"]
    ) -> Float[Tensor, "n S"]:
        """Sum of the rows that a window's codes name."""
        offsets = torch.arange(self.window, device=windows.device) * self.levels
        return functional.embedding_bag(windows + offsets, table, mode="sum")

    def odds(self, x: Float[Tensor, "*n S"]) -> Float[Tensor, "*n Q"]:
        """The layers after the first nonlinearity, to logits."""
        x = functional.relu(x + self.mix_bias)
        x = functional.relu(functional.linear(x, self.hidden(), self.hidden_bias))
        return functional.linear(x, self.out(), self.out_bias)


class SampleRNN(nn.Module):
    """Codes in, the odds of each next code out, with a state that is carried onward."""

    def __init__(self, config: SampleRNNConfig) -> None:
        super().__init__()
        self.config = config
        self.tiers = nn.ModuleList(Tier(i, config) for i in range(len(config.frame_sizes)))
        self.sample_level = SampleLevel(config)

    def initial_state(self, clips: int, generator: torch.Generator | None = None) -> State:
        """What the tiers remember before the first frame, one entry per tier."""
        state = {}
        for index, tier in enumerate(self.tiers):
            assert isinstance(tier, Tier)
            noise = None
            if self.config.initial_state == "random":
                parts = 1 if self.config.cell == "gru" else 2
                shape = (parts, self.config.layers, clips, self.config.dim)
                noise = 0.1 * torch.randn(shape, generator=generator)
            state[f"tier{index + 2}"] = tier.initial(clips, noise)
        return state

    def scaled(self, codes: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Codes as heights: 2 (q / 128 - 1), so silence is 0 and full scale is 2."""
        weight = self.sample_level.embedding
        return 2 * (codes.to(weight.dtype) / (self.config.levels / 2) - 1)

    def folded_spread(self, mix: Float[Tensor, "S S"]) -> Float[Tensor, "F_times_S H"]:
        """The fastest tier's spreading matrices followed by the sample level's second layer."""
        tier = self.tiers[0]
        assert isinstance(tier, Tier)
        spread: Tensor = tier.spread()
        folded: Tensor = mix @ spread.reshape(tier.ratio, -1, spread.shape[1])
        return folded.reshape(spread.shape)

    def forward(
        self,
        codes: Int[Tensor, "B overlap_plus_L"],
        state: State,
        artists: Float[Tensor, "B artists"] | None = None,
        local: Float[Tensor, "B rows channels"] | None = None,
    ) -> tuple[Float[Tensor, "B L Q"], State]:
        """Logits of codes[:, overlap:], each from the codes before it.

        ``local`` has one row per frame of the slowest tier.
        """
        mix = self.sample_level.mix()
        out, after = self.hear(codes, state, artists, local)
        fastest = self.tiers[0]
        assert isinstance(fastest, Tier)
        steer = fastest.spread_over(out, self.folded_spread(mix))
        window = self.config.window
        windows = codes[:, self.config.overlap - window : -1].unfold(1, window, 1)
        rows = self.sample_level.lookup(
            windows.reshape(-1, window), self.sample_level.table(mix).float()
        )
        return self.sample_level.odds(rows.reshape(steer.shape).to(steer.dtype) + steer), after

    def hear(
        self,
        codes: Int[Tensor, "B overlap_plus_L"],
        state: State,
        artists: Float[Tensor, "B artists"] | None = None,
        local: Float[Tensor, "B rows channels"] | None = None,
    ) -> tuple[Float[Tensor, "B N H"], State]:
        """Only the tiers: the fastest one's output, and the state that priming is after."""
        return self.hear_heights(self.scaled(codes), state, artists, local)

    def hear_heights(
        self,
        heights: Float[Tensor, "B overlap_plus_L"],
        state: State,
        artists: Float[Tensor, "B artists"] | None = None,
        local: Float[Tensor, "B rows channels"] | None = None,
    ) -> tuple[Float[Tensor, "B N H"], State]:
        """`hear`, from heights as the tiers read them: a gradient can reach these."""
        overlap = self.config.overlap
        B, L = heights.shape[0], heights.shape[1] - overlap
        after: State = {}
        above: Tensor | None = None
        out = heights
        for index in reversed(range(len(self.tiers))):
            tier, name = self.tiers[index], f"tier{index + 2}"
            assert isinstance(tier, Tier)
            F = tier.frame_size
            frames = heights[:, overlap - F : overlap - F + L].reshape(B, L // F, F)
            out, after[name] = tier(tier.lifted(frames, above, artists, local), state[name])
            if index:
                above = tier.spread_over(out, tier.spread())
        return out, after
