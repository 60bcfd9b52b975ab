"""What a clip begins with: everything the layers would hold after its past.

A clip without a prompt has heard silence for one receptive field. Empty rings would be a
state that no training piece ever had (the reference's fast generation starts there, and its
slow one does not). The parallel network fills the rings: nothing is stepped.
"""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, Num
from torch import Tensor

from thresher.corpus.features import FEATURES, in_stretches
from thresher.models.family import ClipRequest
from thresher.models.voices import mixture
from thresher.models.wavenet.alphabet import Alphabet, letters_of
from thresher.models.wavenet.network import WaveNet

LEAD_IN = 2
"""Receptive fields of prompt that curves are measured from, at least."""


class Start(NamedTuple):
    """A clip's past, as the step needs it."""

    past: Num[Tensor, " first_taps"]
    """The newest samples, oldest first."""
    rings: list[Float[Tensor, "_ R"]]
    """Per layer, what it read in the last (taps - 1) dilation steps, oldest first."""
    context: list[Float[Tensor, "_ K"]]
    """The same for the context stack."""


class Curve(NamedTuple):
    """Rows that steer a clip, before it begins and from then on."""

    before: Float32[np.ndarray, "rows channels"]
    after: Float32[np.ndarray, "rows channels"]
    period: int
    """Rows after which the curve plays again."""

    def rows(self, first: int, count: int) -> Float32[np.ndarray, "count channels"]:
        """Rows first … first + count; row 0 is where the clip begins."""
        places = np.arange(first, first + count)
        after: Float32[np.ndarray, "count channels"] = self.after[
            np.minimum(np.maximum(places, 0) % self.period, len(self.after) - 1)
        ]
        if not len(self.before):
            return after
        before = self.before[np.clip(places + len(self.before), 0, len(self.before) - 1)]
        return np.where(places[:, None] < 0, before, after)


Primed = dict[tuple[Hashable, ...], Start]
"""Starts by all they depend on: many clips share one."""


def started(
    network: WaveNet, alphabet: Alphabet, request: ClipRequest, curve: Curve | None, primed: Primed
) -> Start:
    """The state that a clip begins with."""
    key = (
        None if request.prime is None else id(request.prime),
        tuple(sorted((request.artists or {}).items())),
        None if curve is None else id(request.frames),
    )
    if key not in primed:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # or the machine's cores would decide about roundings
        try:
            primed[key] = prime(network, alphabet, request, curve)
        finally:
            torch.set_num_threads(threads)
    return primed[key]


@torch.inference_mode()
def prime(network: WaveNet, alphabet: Alphabet, request: ClipRequest, curve: Curve | None) -> Start:
    """Hear the prompt, or silence, through the parallel network."""
    config = network.config
    reach = config.receptive_field
    past = alphabet.fed[torch.from_numpy(_past_letters(network, alphabet, request))][None]
    artists = torch.from_numpy(mixture(config.artists, [request])) if config.artists else None
    local = offset = None
    if curve is not None:
        first = -reach // config.local_hop - 1
        rows = curve.rows(first, reach // config.local_hop + 4)
        local = torch.from_numpy(rows)[None]
        offset = torch.tensor([-reach - first * config.local_hop])
    read, far = network.hear(past[:, :-1], artists, local, offset)
    back = config.filter_width - 1
    return Start(
        past=past[0, -config.first_taps :],
        rings=_newest(read, config.dilations, back),
        context=_newest(far, config.context_dilations, back),
    )


def curve_of(network: WaveNet, request: ClipRequest) -> Curve | None:
    """What steers a clip; without a curve, the middle of the scale: neither silent nor loud."""
    config = network.config
    if not config.local_channels:
        return None
    frames = request.frames
    if frames is None or len(frames) == 0:
        frames = np.zeros((1, config.local_channels), np.float32)
    rows = np.asarray(frames, np.float32)
    period = max(len(rows), -(-request.length_samples // config.local_hop))
    return Curve(_measured(network, request), rows, period)


def _past_letters(
    network: WaveNet, alphabet: Alphabet, request: ClipRequest
) -> Int64[np.ndarray, " reach"]:
    """The newest receptive field of what was heard, silence before it."""
    reach = network.config.receptive_field
    heard = np.zeros(0, np.int64)
    if request.prime is not None:
        heard = letters_of(request.prime[-reach:], network.config)
    return np.pad(heard, (reach - len(heard), 0), constant_values=alphabet.silence)


def _measured(network: WaveNet, request: ClipRequest) -> Float32[np.ndarray, "rows channels"]:
    """The prompt's own curves, their last row ending where the clip begins."""
    config = network.config
    known = {feature.name: feature for feature in FEATURES}
    measurable = set(config.local_features) <= known.keys()
    if request.prime is None or len(request.prime) == 0 or not measurable:
        return np.zeros((0, config.local_channels), np.float32)
    hop = config.local_hop
    heard = request.prime[-(-(-LEAD_IN * config.receptive_field // hop) + 32) * hop :]
    audio = np.pad(heard.astype(np.float32), (-len(heard) % hop, 0))
    curves = [
        in_stretches(known[name], audio, config.sample_rate, hop) for name in config.local_features
    ]
    return np.concatenate(curves, axis=1)


def _newest(read: list[Tensor], dilations: tuple[int, ...], back: int) -> list[Tensor]:
    return [
        x[0, x.shape[1] - back * d :].float().clone() for x, d in zip(read, dilations, strict=True)
    ]
