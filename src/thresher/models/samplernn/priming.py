"""What a clip begins with: silence, or the state of having heard a recording."""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from thresher.audio.quantise import encode, silence_code
from thresher.corpus.features import FEATURES, in_stretches
from thresher.models.family import ClipRequest, State
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN
from thresher.models.samplernn.steering import frame_centres, rows_at
from thresher.models.voices import mixture

HEARING = 16_384
"""Samples of a prompt heard at once; only the memory they take depends on it."""

Primed = dict[tuple[Hashable, ...], tuple[Tensor, State]]
"""Codes and state after a prompt, by all they depend on: many clips share one prompt."""


def started(network: SampleRNN, request: ClipRequest, primed: Primed) -> tuple[Tensor, State]:
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
    artists = artist_weights(config, [request])
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


def artist_weights(config: SampleRNNConfig, requests: Sequence[ClipRequest]) -> Tensor | None:
    """Weights of the artists [clips, artists]; None for a network of one."""
    return torch.from_numpy(mixture(config.artists, requests)) if config.artists else None


def steering_rows(
    config: SampleRNNConfig, requests: Sequence[ClipRequest], first: int, count: int
) -> Float32[np.ndarray, "clips count channels"]:
    """Curves at the slowest tier's pace, frames ``first`` and on; played again at their end."""
    F, hop = config.overlap, config.local_hop
    curves = []
    for request in requests:
        # Without a curve, the middle of the scale: neither silent nor loud.
        frames = request.frames
        if frames is None or len(frames) == 0:
            frames = np.zeros((1, config.local_channels), np.float32)
        centres = (first + np.arange(count) + 0.5) * F
        curves.append(
            rows_at(frames, hop, centres % max(len(frames) * hop, request.length_samples))
        )
    return np.stack(curves)
