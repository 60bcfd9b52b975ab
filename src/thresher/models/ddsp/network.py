"""From pitch and loudness to sound: a decoder, a synthesizer, a room.

Engel et al. 2020, section 3 and appendix B. One frame every ``hop`` samples; frame t stands at
sample t * hop.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.ear import TimbreEar
from thresher.models.ddsp.recurrence import remember
from thresher.models.ddsp.room import Room
from thresher.models.ddsp.tone import play_dry
from thresher.models.family import State
from thresher.synths.reverb import reverberate

SLOPE = 0.2
"""Of a rectifier below zero: Keras's default, which the published weights grew up with."""

EPSILON = 1e-3
"""Of a normalisation: Keras's default as well."""

MIDI_KEYS = 127.0
FLOOR_DB = -80.0


def scaled_inputs(
    f0_hz: Float[Tensor, "batch frames"], loudness_db: Float[Tensor, "batch frames"]
) -> Float[Tensor, "batch frames 2"]:
    """Pitch as MIDI/127 and loudness as dB/80 + 1: both about 0 to 1."""
    midi = 69.0 + 12.0 * torch.log2(f0_hz / 440.0)
    return torch.stack([midi / MIDI_KEYS, loudness_db / -FLOOR_DB + 1.0], dim=-1)


def spread_inputs(
    f0_hz: Float[Tensor, "batch frames"],
    loudness_db: Float[Tensor, "batch frames"],
    config: DDSPConfig,
) -> Float[Tensor, "batch frames 2"]:
    """Octaves from the instrument's mean pitch, and steps of 10 dB from its median loudness.

    For decoders without normalised layers: scaled as published, soft and loud notes are 0.9 and
    1.1, and a hundred steps of training did not tell them apart.
    """
    octaves = torch.log2(f0_hz / 440.0) - (config.pitch_mean - 69.0) / 12.0
    known = config.loudness_quantiles
    middle = known[len(known) // 2] if known else 0.0
    return torch.stack([octaves, (loudness_db - middle) / 10.0], dim=-1)


class Stack(nn.Module):
    """Linear, normalised, rectified; some layers of it. With none, what comes in goes out."""

    def __init__(self, inputs: int, width: int, layers: int) -> None:
        super().__init__()
        self.width = width if layers else inputs
        sizes = [inputs, *[width] * layers]
        self.linear = nn.ModuleList(nn.Linear(sizes[i], width) for i in range(layers))
        self.norm = nn.ModuleList(nn.LayerNorm(width, eps=EPSILON) for _ in range(layers))

    def forward(self, x: Float[Tensor, "batch frames inputs"]) -> Float[Tensor, "batch frames _"]:
        """Frame by frame."""
        for linear, norm in zip(self.linear, self.norm, strict=True):
            x = functional.leaky_relu(norm(linear(x)), SLOPE)
        return x


class RecurrentDecoder(nn.Module):
    """Each input through a stack of its own, remembered by a GRU, and all of it once more."""

    def __init__(self, config: DDSPConfig) -> None:
        super().__init__()
        self.sizes = [1, 1, config.z_width] if config.z_width else [1, 1]
        width, layers = config.stack_width, config.stack_layers
        self.stacks = nn.ModuleList(Stack(size, width, layers) for size in self.sizes)
        unfolded = len(self.sizes) * width if layers else sum(self.sizes)
        self.gru = nn.GRU(unfolded, config.gru_width, batch_first=True)
        self.after = Stack(unfolded + config.gru_width, width, layers)
        self.out = nn.Linear(self.after.width, config.outputs)

    def forward(
        self, inputs: Float[Tensor, "batch frames inputs"], memory: State
    ) -> tuple[Float[Tensor, "batch frames outputs"], State]:
        """Controls as they come out, and the memory after the last frame."""
        parts = torch.split(inputs, self.sizes, dim=-1)
        stacked = [stack(part) for stack, part in zip(self.stacks, parts, strict=True)]
        unfolded = torch.cat(stacked, dim=-1)
        before = memory["hidden"][None].contiguous() if memory else None
        remembered, hidden = remember(self.gru, unfolded, before)
        return self.out(self.after(torch.cat([*stacked, remembered], dim=-1))), {
            "hidden": hidden[0]
        }


class CausalBlock(nn.Module):
    """Two dilated convolutions that look back only, and a way around them."""

    def __init__(self, inputs: int, channels: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.reach = 4 * dilation
        self.first = nn.Conv1d(inputs, channels, 3, dilation=dilation)
        self.second = nn.Conv1d(channels, channels, 3, dilation=dilation)
        self.dropout = nn.Dropout(dropout)
        # fcaspe/ddx7 has this way around in every block but uses it only where widths differ.
        self.around = nn.Identity() if inputs == channels else nn.Conv1d(inputs, channels, 1)

    def forward(self, x: Float[Tensor, "batch inputs frames"]) -> Float[Tensor, "batch channels _"]:
        """The first ``reach`` frames are used up."""
        inside = self.dropout(torch.relu(self.first(x)))
        inside = self.dropout(torch.relu(self.second(inside)))
        return torch.relu(inside + self.around(x[..., self.reach :]))


class CausalDecoder(nn.Module):
    """Convolutions over the last half second; before the beginning there was silence."""

    def __init__(self, config: DDSPConfig) -> None:
        super().__init__()
        self.past_frames = config.past_frames
        channels = config.tcn_channels
        sizes = [2 + config.z_width, *[channels] * len(config.tcn_dilations)]
        self.blocks = nn.Sequential(
            *(
                CausalBlock(sizes[i], channels, dilation, config.tcn_dropout)
                for i, dilation in enumerate(config.tcn_dilations)
            )
        )
        self.out = nn.Conv1d(channels, config.outputs, 1)

    def forward(
        self, inputs: Float[Tensor, "batch frames inputs"], memory: State
    ) -> tuple[Float[Tensor, "batch frames outputs"], State]:
        """Controls as they come out, and the inputs that the next frames will hear again."""
        B, _, C = inputs.shape
        past = memory["past"] if memory else inputs.new_zeros(B, self.past_frames, C)
        heard = torch.cat([past, inputs], dim=1)
        controls = self.out(self.blocks(heard.transpose(1, 2))).transpose(1, 2)
        return controls, {"past": heard[:, heard.shape[1] - self.past_frames :]}


class Instrument(nn.Module):
    """All of it."""

    def __init__(self, config: DDSPConfig) -> None:
        super().__init__()
        self.config = config
        recurrent = config.synthesizer != "fm6"
        self.decoder: nn.Module = (RecurrentDecoder if recurrent else CausalDecoder)(config)
        self.ear = TimbreEar(config) if config.z_width else None
        self.room = None if config.reverb == "none" else Room(config)

    def inputs(
        self,
        f0_hz: Float[Tensor, "batch frames"],
        loudness_db: Float[Tensor, "batch frames"],
        z: Float[Tensor, "batch frames z"] | None,
    ) -> Float[Tensor, "batch frames inputs"]:
        """What the decoder reads of each frame."""
        if self.config.normalises:
            inputs = scaled_inputs(f0_hz, loudness_db)
        else:
            inputs = spread_inputs(f0_hz, loudness_db, self.config)
        return inputs if z is None else torch.cat([inputs, z], dim=-1)

    def controls(
        self,
        f0_hz: Float[Tensor, "batch frames"],
        loudness_db: Float[Tensor, "batch frames"],
        z: Float[Tensor, "batch frames z"] | None = None,
        memory: State | None = None,
    ) -> tuple[Float[Tensor, "batch frames outputs"], State]:
        """What the synthesizer is to be told, frame by frame, and the memory to go on with."""
        inputs = self.inputs(f0_hz, loudness_db, z)
        told: tuple[Tensor, State] = self.decoder(inputs, memory or {})
        return told[0].float(), {name: part.float() for name, part in told[1].items()}

    def forward(
        self,
        f0_hz: Float[Tensor, "batch frames"],
        loudness_db: Float[Tensor, "batch frames"],
        noise: Float[Tensor, "batch samples"],
        sound: Float[Tensor, "batch samples"] | None = None,
        room_learns: float | Float[Tensor, ""] = 1.0,
    ) -> Float[Tensor, "batch samples"]:
        """Sound of all frames at once.

        Args:
            f0_hz: pitch.
            loudness_db: A-weighted.
            noise: uniform in [-1, 1], what the filter makes breath of.
            sound: the recording itself, for the ear of a network that has one.
            room_learns: 0 keeps the gradient from the room.
        """
        z = None
        if self.ear is not None:
            z = self.ear(sound, f0_hz.shape[1]) if sound is not None else self.ear.usual(f0_hz)
        told, _ = self.controls(f0_hz, loudness_db, z)
        with torch.autocast(noise.device.type, enabled=False):
            dry = play_dry(told, f0_hz, noise, self.config)
            if self.room is None:
                return dry
            impulse = self.room()
            # The sound is the same whether the room learns or not; only its gradient is not.
            impulse = impulse.detach() + room_learns * (impulse - impulse.detach())
            return reverberate(dry, impulse)
