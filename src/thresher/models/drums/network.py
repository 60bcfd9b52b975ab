"""The two networks: one that sets gains, frame by frame, and one that repairs, sample by sample."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.audio.bands import erb_bands
from thresher.models.drums.config import DrumsConfig
from thresher.models.family import State
from thresher.nn.filters import Filter, carried, newest

MEAN, SPREAD = -3.0, 1.5
"""Of features whose corpus nobody has measured yet."""


class GainNetwork(nn.Module):
    """Two filters over time, three memories, and a gain for every band.

    Valin 2018 and xiph/rnnoise 0.2: every part's answer is heard by the output.
    """

    def __init__(self, config: DrumsConfig) -> None:
        super().__init__()
        self.config = config
        width, taps = config.width, config.taps
        self.means: Tensor
        self.spreads: Tensor
        self.bands: Tensor
        count = config.features
        known = bool(config.feature_means and config.feature_spreads)
        means = config.feature_means if known else (MEAN,) * count
        spreads = config.feature_spreads if known else (SPREAD,) * count
        bands = erb_bands(config.sample_rate, config.hop, config.bands)
        self.register_buffer("bands", torch.from_numpy(bands), persistent=False)
        self.register_buffer("means", torch.tensor(means), persistent=False)
        self.register_buffer("spreads", torch.tensor(spreads), persistent=False)
        self.filters = nn.ModuleList(
            nn.Conv1d(inputs, width, taps) for inputs in (config.features, width)
        )
        self.memories = nn.ModuleList(
            nn.GRU(width, width, batch_first=True) for _ in range(config.memories)
        )
        self.out = nn.Linear((1 + config.memories) * width, config.bands + 1)

    def forward(
        self, features: Float[Tensor, "batch frames features"]
    ) -> Float[Tensor, "batch frames outputs"]:
        """Logits of the bands' gains, and last that of drums sounding at all."""
        every, frames = self.config.forget_every, features.shape[1]
        if not every or frames % every:
            return self.play_from({}, features)[0]
        # What lies between two forgettings knows nothing of the rest: all at once.
        alone = features.reshape(-1, every, features.shape[2])
        return self._go_on({}, alone)[0].reshape(*features.shape[:2], -1)

    def play_from(
        self, past: State, features: Float[Tensor, "batch frames features"]
    ) -> tuple[Float[Tensor, "batch frames outputs"], State]:
        """The same, going on from a state; as many frames come out as go in."""
        every = self.config.forget_every
        if not every:
            return self._go_on(past, features)
        age, made = int(past["age"][0]) if past else 0, []
        for some in torch.split(features, _until_forgotten(age, features.shape[1], every), dim=1):
            out, past = self._go_on(past if age else {}, some)
            age = (age + some.shape[1]) % every
            made.append(out)
        return torch.cat(made, dim=1), {**past, "age": features.new_full((len(features),), age)}

    def _go_on(
        self, past: State, features: Float[Tensor, "batch frames features"]
    ) -> tuple[Float[Tensor, "batch frames outputs"], State]:
        carry: State = {}
        x = ((features - self.means) / self.spreads).transpose(1, 2)
        for place, layer in enumerate(self.filters):
            assert isinstance(layer, nn.Conv1d)
            name, reach = f"filter{place}", layer.kernel_size[0] - 1
            before = past[name] if past else x.new_zeros(len(x), x.shape[1], reach)
            x = torch.cat([before, x], dim=2)
            carry[name] = x[:, :, x.shape[2] - reach :]
            x = torch.tanh(layer(x))
        x = x.transpose(1, 2).contiguous()
        heard = [x]
        for place, memory in enumerate(self.memories):
            name = f"memory{place}"
            x, last = memory(x, past[name][None].contiguous() if past else None)
            carry[name] = last[0]
            heard.append(x)
        return self.out(torch.cat(heard, dim=2)), carry

    def at_rest(self, batch: int) -> State:
        """The state before a song: no memory of anything."""
        silence = self.means.new_zeros(batch, 1, len(self.means))
        held = self.play_from({}, silence)[1]
        return {name: torch.zeros_like(part) for name, part in held.items()}

    @property
    def weights(self) -> int:
        """Numbers that are learned: 400,417 by default."""
        return sum(weight.numel() for weight in self.parameters())


def _until_forgotten(age: int, frames: int, every: int) -> list[int]:
    """How many frames to hear before forgetting, again and again, until all are heard."""
    pieces = []
    while frames:
        pieces.append(min(every - age, frames))
        frames, age = frames - pieces[-1], 0
    return pieces


class RepairLayer(nn.Module):
    """A dilated filter, what it is told, and what it hands on."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv = Filter(channels, channels, 3, dilation=dilation)
        self.mixin = Filter(INPUTS, channels, 1, bias=False)
        self.out = Filter(channels, channels, 1)


INPUTS = 3
"""Mix, first drums, what is struck."""


class RepairNetwork(nn.Module):
    """Dilated filters that hear three sounds and add to the first drums what no gain can.

    The feed-forward WaveNet of amplifiers (sdatkinson/neural-amp-modeler), whose last layer
    begins at zero: a new network adds nothing.
    """

    def __init__(self, config: DrumsConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.repair_channels
        self.rechannel = Filter(INPUTS, channels, 1, bias=False)
        self.layers = nn.ModuleList(
            RepairLayer(channels, dilation) for dilation in config.repair_dilations
        )
        self.head = Filter(channels, 1, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, heard: Float[Tensor, "batch 3 samples"]) -> Float[Tensor, "batch wanted"]:
        """Drums of all but the first ``config.repair_reach`` samples, which are only heard."""
        return self.play_from({}, heard)[0]

    def play_from(
        self, past: State, heard: Float[Tensor, "batch 3 samples"]
    ) -> tuple[Float[Tensor, "batch wanted"], State]:
        """Go on from a state: as many samples come out as go in.

        From the empty state the first ``config.repair_reach`` samples are only heard.
        """
        carry: State = {}
        wanted = heard.shape[-1] - (0 if past else self.config.repair_reach)
        x, told = self.rechannel(heard), heard.new_zeros(())
        for place, layer in enumerate(self.layers):
            assert isinstance(layer, RepairLayer)
            x = carried(str(place), x, layer.conv.reach, past, carry)
            z = layer.conv(x)
            answer = torch.tanh(z + layer.mixin(newest(heard, z.shape[-1])))
            x = newest(x, answer.shape[-1]) + layer.out(answer)
            told = told + newest(answer, wanted)
        first = newest(heard, wanted)[:, 1]
        return first + self.head(told)[:, 0], carry

    def at_rest(self, batch: int) -> State:
        """The state after silence."""
        silence = next(self.parameters()).new_zeros(batch, INPUTS, self.config.repair_reach)
        return self.play_from({}, silence)[1]
