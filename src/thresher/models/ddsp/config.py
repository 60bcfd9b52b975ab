"""Everything needed to rebuild an instrument, and the presets people ask for by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from thresher.errors import ThresherError
from thresher.settings import setting

ENGEL = "Engel et al. 2020"
MAGENTA = "magenta/ddsp 3.7.0"
DDX7 = "fcaspe/ddx7"


@dataclass(frozen=True, kw_only=True)
class DDSPConfig:
    """A small network that plays a synthesizer from pitch and loudness."""

    synthesizer: Literal["harmonic", "fm6", "am"] = setting(
        "harmonic",
        unit="",
        why="What makes the tone: a row of harmonics, each with a level of its own; six sines "
        "that bend each other's phase, wired like an old keyboard; or carriers whose loudness "
        "swings. The first can sound like anything with a pitch, the others have few controls.",
        source=f"{ENGEL}, section 3; {DDX7}, README; Chowning 1973 (AM: our own bank)",
    )
    harmonics: int = setting(
        60,
        unit="harmonics",
        why="60 times 133 Hz is 8 kHz, all there is at this rate: enough above C3.",
        source=f"{MAGENTA}, ddsp/training/gin/models/solo_instrument.gin",
    )
    noise_bands: int = setting(
        65,
        unit="bands",
        why="Breath, pick and bow: noise through a filter of 65 levels, 128 taps or two frames "
        "long. 0 is no noise.",
        source=f"{MAGENTA}, ddsp/training/gin/models/solo_instrument.gin",
    )
    noise_bias: float = setting(
        -5.0,
        unit="",
        why="Noise starts a hundred thousand times below full scale, so that harmonics learn "
        "first what they can explain.",
        source=f"{MAGENTA}, ddsp/synths.py (FilteredNoise)",
    )
    patch: Literal["strings", "brass", "flute"] = setting(
        "brass",
        unit="",
        why="fm6 only: which of the six sines bends which, and their pitches as multiples of "
        "the note's. Fixed, because a loss on spectra cannot find either.",
        source=f"{DDX7}, README; Turian and Henry 2020 on pitch and spectral losses",
    )
    am_carriers: tuple[float, ...] = setting(
        (2.0, 5.0, 8.0, 11.0),
        unit="times the pitch",
        why="am only: each carrier swings at the note's own pitch, which gives it a neighbour on "
        "either side; three apart, the carriers share the first twelve harmonics out.",
        source="our own arithmetic: sidebands of AM lie at carrier minus and plus modulator",
    )
    stack_layers: int = setting(
        3,
        unit="layers",
        why="Linear, normalised, rectified: how pitch and loudness are each unfolded before "
        "they are remembered, and both after. 0 leaves them as they are.",
        source=f"{MAGENTA}, ddsp/training/nn.py (FcStack); {ENGEL}, appendix B",
    )
    stack_width: int = setting(
        512,
        unit="channels",
        why="Of those layers.",
        source=f"{MAGENTA}, ddsp/training/decoders.py (RnnFcDecoder)",
    )
    gru_width: int = setting(
        512,
        unit="channels",
        why="What is remembered of a phrase: where a note stands between its attack and its end.",
        source=f"{MAGENTA}, ddsp/training/decoders.py (RnnFcDecoder)",
    )
    tcn_channels: int = setting(
        128,
        unit="channels",
        why="fm6 only: width of the causal convolutions that stand in for the memory.",
        source=f"{DDX7}, model code of the TCN decoder",
    )
    tcn_dilations: tuple[int, ...] = setting(
        (1, 2, 4, 8, 16),
        unit="frames",
        why="fm6 only: two convolutions of three taps each hear 125 frames, half a second.",
        source=f"{DDX7}, model code of the TCN decoder",
    )
    tcn_dropout: float = setting(
        0.5,
        unit="share of channels",
        why="fm6 only: what each convolution forgets while it learns.",
        source=f"{DDX7}, which leaves it at PyTorch's default",
    )
    z_width: int = setting(
        0,
        unit="channels",
        why="A third input that says how it sounds beyond pitch and loudness, heard from the "
        "recording itself; 0 is none. With one instrument in one room there is little to say.",
        source=f"{ENGEL}, section 4.1; {MAGENTA}, ddsp/training/gin/models/ae.gin",
    )
    z_gru_width: int = setting(
        512,
        unit="channels",
        why="Memory of the ear that finds it.",
        source=f"{MAGENTA}, ddsp/training/encoders.py (MfccTimeDistributedRnnEncoder)",
    )
    reverb: Literal["impulse", "decay", "none"] = setting(
        "impulse",
        unit="",
        why="The room, one for all notes. impulse learns every tap of it; decay only a gain and "
        "how fast noise dies away, for recordings too short or too dry to tell a room from a note.",
        source=f"{ENGEL}, section 3.5; {MAGENTA}, ddsp/effects.py (ExpDecayReverb)",
    )
    reverb_taps: int = setting(
        48_000,
        unit="samples",
        why="Three seconds at 16 kHz, a hall.",
        source=f"{MAGENTA}, ddsp/training/gin/models/solo_instrument.gin",
    )
    reverb_frozen_steps: int = setting(
        2_000,
        unit="steps",
        why="A room that learns from the start takes over what the notes should sustain. Until "
        "the notes are roughly right it stays silent.",
        source="docs/instrument.md, Reverb: with and without",
    )
    crop_frames: int = setting(
        0,
        unit="frames",
        why="Train on a random stretch of each window instead of all of it; 0 is all. Short "
        "ones make more steps of a short budget.",
        source="docs/instrument.md, Ten minutes",
    )
    fft_sizes: tuple[int, ...] = setting(
        (2048, 1024, 512, 256, 128, 64),
        unit="samples",
        why="Long spectra tell pitches apart, short ones moments; all at once they tell both. "
        "Magnitudes hear the peaks, their logarithms the quiet parts, and weigh the same.",
        source=f"{ENGEL}, section 4.2; {MAGENTA}, ddsp/losses.py and ae.gin",
    )
    loudness_weight: float = setting(
        0.0,
        unit="per dB",
        why="Also lower the difference between the loudness that was asked for and what is "
        "played. Spectra alone let a note be softer than its noise was loud: 2.4 dB off in the "
        "median after ten minutes of tiny.",
        source=f"{MAGENTA}, ddsp/losses.py (SpectralLoss, loudness_weight); docs/instrument.md",
    )
    pitch_mean: float = setting(
        60.0,
        unit="MIDI",
        why="Where the instrument plays, so that a voice can be moved there by whole octaves; "
        "filled in from the corpus.",
        source="corpus manifest",
    )
    loudness_quantiles: tuple[float, ...] = setting(
        (),
        unit="dB",
        why="How loud its notes are, from the softest to the loudest, so that other dynamics "
        "can be mapped onto them; filled in from the corpus.",
        source=f"{MAGENTA}, ddsp/training/postprocessing.py (quantile transform)",
    )
    hop: int = setting(
        64,
        unit="samples",
        why="250 frames a second: 4 ms follow an articulation.",
        source=f"{MAGENTA}, ddsp/training/data_preparation (frame rate 250)",
    )
    sample_rate: int = setting(
        16_000,
        unit="Hz",
        why="The rate that pitch trackers listen at.",
        source=f"{MAGENTA}, ddsp/training/data_preparation; Kim et al. 2018 (CREPE)",
    )

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ThresherError(f"{name} = {getattr(self, name)}, but it must be at least 1")
        for name in ("stack_layers", "noise_bands", "z_width", "crop_frames"):
            if getattr(self, name) < 0:
                raise ThresherError(f"{name} = {getattr(self, name)}: it starts at 0")
        if self.noise_bands == 1:
            raise ThresherError("noise_bands = 1 filters nothing", hint="0 for none, or 65")
        if not self.fft_sizes or min(self.fft_sizes) < 8:
            raise ThresherError(f"fft_sizes = {self.fft_sizes}: sizes of 8 samples and more")
        if not self.tcn_dilations or min(self.tcn_dilations) < 1:
            raise ThresherError(f"tcn_dilations = {self.tcn_dilations}: every one is at least 1")
        if not self.am_carriers or min(self.am_carriers) <= 0:
            raise ThresherError(f"am_carriers = {self.am_carriers}: multiples above 0")
        if self.loudness_weight < 0:
            raise ThresherError(f"loudness_weight = {self.loudness_weight}: it starts at 0")
        if not 0 <= self.tcn_dropout < 1:
            raise ThresherError(f"tcn_dropout = {self.tcn_dropout} must lie in [0, 1)")

    @property
    def tone_controls(self) -> int:
        """Numbers a frame that the tone is made from, besides the pitch."""
        if self.synthesizer == "harmonic":
            return 1 + self.harmonics
        return 6 if self.synthesizer == "fm6" else 2 * len(self.am_carriers)

    @property
    def outputs(self) -> int:
        """Numbers a frame that the decoder gives (126 by default)."""
        return self.tone_controls + self.noise_bands

    @property
    def normalises(self) -> bool:
        """Whether pitch and loudness first pass through normalised layers."""
        return self.stack_layers > 0 and self.synthesizer != "fm6"

    @property
    def past_frames(self) -> int:
        """fm6: frames before the present one that its convolutions hear (124 by default)."""
        return 4 * sum(self.tcn_dilations)


_COUNTS = (
    "harmonics",
    "stack_width",
    "gru_width",
    "tcn_channels",
    "z_gru_width",
    "reverb_taps",
    "hop",
    "sample_rate",
)

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "solo-instrument": {},
    "z": {"z_width": 16, "harmonics": 100},
    "tiny": {
        "stack_layers": 0,
        "gru_width": 256,
        "reverb_taps": 16_000,
        "loudness_weight": 0.2,
        "reverb_frozen_steps": 200,
        "crop_frames": 250,
    },
    "fm6": {"synthesizer": "fm6", "noise_bands": 0},
    "am": {"synthesizer": "am"},
}
"""The published instrument, the one with a third input, one for two CPU cores, and two that
play other synthesizers."""
