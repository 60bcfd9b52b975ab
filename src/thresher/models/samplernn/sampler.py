"""Free running: the folded network, one sample at a time, many clips side by side.

Clips run in groups of a fixed number of lanes. A matrix product may round differently when
it has another number of rows, and a free run never forgets a rounding, so every product
here always has the same shape: that, and one thread per group, is why a clip does not
depend on its neighbours, on their number or on the machine's cores.
"""

import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from thresher.audio.quantise import decode_table, encode, silence_code
from thresher.corpus.features import FEATURES, in_stretches
from thresher.models.family import ClipRequest, State
from thresher.models.noise import clip_uniforms
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import RecurrentLayer, SampleRNN, Tier
from thresher.models.samplernn.steering import frame_centres, rows_at

LANES = 32
"""Rows of every product. Fewer starve the matrix units, more make one clip slow."""

HEARING = 16_384
"""Samples of a prompt heard at once; only the memory they take depends on it."""

BLOCK = 4096
"""Samples between two blocks of sound handed on, rounded to whole slowest frames."""


Primed = dict[tuple[Hashable, ...], tuple[Tensor, State]]
"""Codes and state after a prompt, by all they depend on: many clips share one prompt."""


class SampleRNNSampler:
    """Packs the folded weights once, then plays any number of clips."""

    def __init__(self, networks: Mapping[str, nn.Module], config: SampleRNNConfig) -> None:
        network = networks["network"]
        assert isinstance(network, SampleRNN)
        self._network, self._config = network, config
        self._weights = FoldedWeights(network)
        self._heights = torch.from_numpy(decode_table(config.quantiser, config.levels).copy())

    @property
    def lanes(self) -> int:
        """Clips that fill the engine: a few groups for every core."""
        return LANES * 4 * max(1, torch.get_num_threads() // 2)

    def render(
        self, requests: Sequence[ClipRequest]
    ) -> Iterator[Float[np.ndarray, "clips samples"]]:
        """Yield audio in [-1, 1] block by block, all clips side by side."""
        longest = max(request.length_samples for request in requests)
        block = max(1, BLOCK // self._config.overlap) * self._config.overlap
        primed: Primed = {}
        groups = [
            Group(self._network, self._weights, requests[i : i + LANES], primed)
            for i in range(0, len(requests), LANES)
        ]
        threads, workers = torch.get_num_threads(), min(len(groups), os.cpu_count() or 1)
        with ThreadPoolExecutor(workers) as pool:
            for start in range(0, longest, block):
                count = min(block, longest - start)
                torch.set_num_threads(1)
                try:
                    codes = list(pool.map(lambda group, n=count: group.play(n), groups))
                finally:
                    torch.set_num_threads(threads)
                yield self._heights[torch.cat(codes)].numpy()


class FoldedWeights:
    """The network's weights as the step uses them; see `network` for why they fold."""

    @torch.inference_mode()
    def __init__(self, network: SampleRNN) -> None:
        level = network.sample_level
        mix = level.mix()
        self.table = level.table(mix).float().contiguous()
        self.offsets = torch.arange(level.window) * level.levels
        self.mix_bias = level.mix_bias.detach()
        self.hidden, self.hidden_bias = level.hidden().t().contiguous(), level.hidden_bias.detach()
        self.out, self.out_bias = level.out().t().contiguous(), level.out_bias.detach()
        self.spreads = [
            (tier.spread() if index else network.folded_spread(mix)).detach()
            for index, tier in enumerate(_tiers(network))
        ]
        self.layers = [
            [[w.detach().contiguous() for w in layer.weights()] for layer in _layers(tier)]
            for tier in _tiers(network)
        ]
        self.skips = [[skip().detach() for skip in tier.skips] for tier in _tiers(network)]


class Group:
    """Up to `LANES` clips, always computed as `LANES` rows."""

    @torch.inference_mode()
    def __init__(
        self,
        network: SampleRNN,
        weights: FoldedWeights,
        requests: Sequence[ClipRequest],
        primed: Primed,
    ) -> None:
        self._network, self._weights, self._requests = network, weights, requests
        config = self._config = network.config
        starts = [_started(network, request, primed) for request in requests]
        starts += [starts[-1]] * (LANES - len(requests))
        self._past = torch.cat([codes for codes, _ in starts])
        self._state = {
            name: torch.cat([state[name] for _, state in starts], dim=2) for name in starts[0][1]
        }
        rows = [*requests, *[requests[-1]] * (LANES - len(requests))]
        self._artists = _mixture(config, rows)
        self._local = _steering(config, rows)
        self._cool = torch.tensor([[1 / max(row.temperature, 1e-4)] for row in rows])
        self._steers: list[Tensor] = [torch.empty(0)] * len(network.tiers)
        self._done = 0

    @torch.inference_mode()
    def play(self, count: int) -> Tensor:
        """The next ``count`` codes of every clip [clips, count]."""
        overlap, clips = self._config.overlap, len(self._requests)
        codes = torch.cat([self._past, self._past.new_zeros(LANES, count)], dim=1)
        chance = torch.zeros(LANES, count)
        for row, request in enumerate(self._requests):
            chance[row] = torch.from_numpy(clip_uniforms(request.seed, self._done, count))
        for t in range(count):
            codes[:, overlap + t] = self._next(codes[:, t : overlap + t], t, chance[:, t : t + 1])
        # A block ends on a whole slowest frame, unless it is the last.
        self._past, self._done = codes[:, count:], self._done + count
        return codes[:clips, overlap:]

    def _next(self, past: Tensor, t: int, chance: Tensor) -> Tensor:
        """One code per lane; ``past`` holds the ``overlap`` codes before it."""
        return draw(self.logits(past, t) * self._cool, chance)

    def logits(self, past: Tensor, t: int) -> Tensor:
        """Odds of the next code [lanes, levels]; ``t`` counts within the block."""
        w, F = self._weights, self._config.window
        self._tick(past, t)
        x = functional.embedding_bag(past[:, -F:] + w.offsets, w.table, mode="sum")
        x = functional.relu_(x.add_(self._steers[0][:, t % F]))
        x = functional.relu_(torch.addmm(w.hidden_bias, x, w.hidden))
        return torch.addmm(w.out_bias, x, w.out)

    def _tick(self, past: Tensor, t: int) -> None:
        """Let every tier whose frame is full read it, the slowest first."""
        above: Tensor | None = None
        for index in reversed(range(len(self._network.tiers))):
            tier = self._network.tiers[index]
            assert isinstance(tier, Tier)
            F = tier.frame_size
            if t % F == 0:
                frame = self._network.scaled(past[:, -F:])[:, None]
                local = None
                if tier.top and self._local is not None:
                    row = (self._done + t) // F
                    local = self._local[:, row : row + 1]
                x = tier.lifted(frame, above, self._artists, local)[:, 0]
                out = self._recur(index, x)
                spread = functional.linear(out, self._weights.spreads[index])
                self._steers[index] = spread.reshape(LANES, tier.ratio, -1)
                if not index:  # once a frame instead of once a sample
                    self._steers[0] += self._weights.mix_bias
            if index:
                below = self._config.frame_sizes[index - 1]
                slot = (t // below) % tier.ratio
                above = self._steers[index][:, slot : slot + 1]

    def _recur(self, index: int, x: Tensor) -> Tensor:
        """One frame through a tier's stack; its state moves on."""
        tier, name = self._network.tiers[index], f"tier{index + 2}"
        assert isinstance(tier, Tier)
        state, out, total = self._state[name], x, None
        for depth, weights in enumerate(self._weights.layers[index]):
            if tier.skips and depth:
                out = torch.cat((out, x), dim=1)
            if tier.cell == "gru":
                out = state[0, depth] = torch.gru_cell(out, state[0, depth], *weights)
            else:
                memory = (state[0, depth], state[1, depth])
                out, state[1, depth] = torch.lstm_cell(out, memory, *weights)
                state[0, depth] = out
            if tier.skips:
                bias = tier.skip_bias if depth == 0 else None
                share = functional.linear(out, self._weights.skips[index][depth], bias)
                total = share if total is None else total + share
        return out if total is None else total


def draw(logits: Float[Tensor, "n Q"], chance: Float[Tensor, "n 1"]) -> Tensor:
    """One code per row by inverse cumulative distribution: the same chance, the same code."""
    ladder = torch.softmax(logits, dim=1).cumsum(dim=1)
    # The last rung is 1 up to rounding; scaling by it keeps a chance near 1 on the ladder.
    return (ladder <= chance * ladder[:, -1:]).sum(dim=1).clamp_(max=logits.shape[1] - 1)


def _started(network: SampleRNN, request: ClipRequest, primed: Primed) -> tuple[Tensor, State]:
    """The codes before a clip [1, overlap] and the state after them."""
    if request.prime is None or len(request.prime) == 0:
        generator = torch.Generator().manual_seed(request.seed % 2**63)
        state = network.initial_state(1, generator)
        return _silence(network.config, network.config.overlap), _own(state)
    key = (
        id(request.prime),
        tuple(sorted((request.artists or {}).items())),
        request.seed if network.config.initial_state == "random" else None,
        None if _measurable(network.config) else id(request.frames),
    )
    if key not in primed:
        primed[key] = prime(network, request)
    codes, state = primed[key]
    return codes, _own(state)


def _own(state: State) -> State:
    return {name: part.detach().clone() for name, part in state.items()}


def prime(network: SampleRNN, request: ClipRequest) -> tuple[Tensor, State]:
    """Let the network hear real audio of any length; the state it leaves is complete."""
    config, audio = network.config, request.prime
    assert audio is not None
    heard = encode(np.clip(audio, -1, 1), config.quantiser, config.levels)
    # Silence before it fills the first frame of the slowest tier, and what that reads.
    missing = -len(heard) % config.overlap
    silence = silence_code(config.quantiser, config.levels)
    codes = np.pad(heard, (config.overlap + missing, 0), constant_values=silence)
    state = network.initial_state(1, torch.Generator().manual_seed(request.seed % 2**63))
    artists = _mixture(config, [request])
    local = _heard_steering(config, request, missing)
    step = HEARING // config.overlap * config.overlap
    for start in range(0, len(codes) - config.overlap, step):
        piece = torch.from_numpy(codes[start : start + step + config.overlap].astype(np.int64))[
            None
        ]
        first, rows = start // config.overlap, piece.shape[1] // config.overlap - 1
        steer = None if local is None else local[:, first : first + rows]
        _, state = network.hear(piece, state, artists, steer)
    last = torch.from_numpy(codes[-config.overlap :].astype(np.int64))[None]
    return last, state


def _heard_steering(config: SampleRNNConfig, request: ClipRequest, missing: int) -> Tensor | None:
    """The prompt's own curves; the clip's first row for a curve that cannot be measured."""
    if not config.local_features or request.prime is None:
        return None
    audio = np.pad(request.prime.astype(np.float32), (missing, 0))
    if _measurable(config):
        hop, rate = config.local_hop, config.sample_rate
        known = {feature.name: feature for feature in FEATURES}
        curves = [in_stretches(known[name], audio, rate, hop) for name in config.local_features]
        rows = np.concatenate(curves, axis=1)
    elif request.frames is not None and len(request.frames):
        rows = request.frames[:1]
    else:
        rows = np.zeros((1, config.local_channels), np.float32)
    centres = frame_centres(0, len(audio), config.overlap)
    return torch.from_numpy(rows_at(rows, config.local_hop, centres))[None]


def _measurable(config: SampleRNNConfig) -> bool:
    """Whether a prompt's own curves can be measured from its sound."""
    return set(config.local_features) <= {feature.name for feature in FEATURES}


def _silence(config: SampleRNNConfig, count: int) -> Tensor:
    return torch.full((1, count), silence_code(config.quantiser, config.levels))


def _mixture(config: SampleRNNConfig, requests: Sequence[ClipRequest]) -> Tensor | None:
    """Weights of the artists [clips, artists]; an equal mix where nobody is named."""
    if not config.artists:
        return None
    even = dict.fromkeys(config.artists, 1 / len(config.artists))
    return torch.tensor(
        [[(r.artists or even).get(name, 0.0) for name in config.artists] for r in requests],
        dtype=torch.float32,
    )


def _steering(config: SampleRNNConfig, requests: Sequence[ClipRequest]) -> Tensor | None:
    """Curves at the slowest tier's pace [clips, frames, channels]."""
    if not config.local_features:
        return None
    longest = max(request.length_samples for request in requests)
    centres = frame_centres(0, longest, config.overlap)
    rows = []
    for request in requests:
        # Without a curve, the middle of the scale: neither silent nor loud.
        frames = request.frames
        if frames is None or len(frames) == 0:
            frames = np.zeros((1, config.local_channels), np.float32)
        rows.append(rows_at(frames, config.local_hop, centres))
    return torch.from_numpy(np.stack(rows))


def _tiers(network: SampleRNN) -> list[Tier]:
    return [tier for tier in network.tiers if isinstance(tier, Tier)]


def _layers(tier: Tier) -> list[RecurrentLayer]:
    return [layer for layer in tier.layers if isinstance(layer, RecurrentLayer)]
