"""Settings of a synthesizer played by itself, and of the hands that play it."""

from dataclasses import dataclass

from thresher.errors import ThresherError
from thresher.settings import setting

SOUNDS = {
    "harmonic": "sines at whole multiples of the pitch: organ, string, voice (--tilt)",
    "noise": "filtered noise that follows the tune: breath, wind (--width)",
    "fm": "one sine bends another: clarinet, bell, electric piano (--ratio, --index)",
    "six": "six sines bending each other as on a DX7 (--patch strings|brass|flute, --bright)",
    "am": "one sine swells another: tremolo, or two new partials (--ratio, --depth)",
    "ring": "two sines multiplied: bells and robots, no pitch of its own (--ratio)",
}
"""What can be played by itself, in a line for a musician."""

FRAMES_PER_SECOND = 250
"""Controls per second: 4 ms follows any articulation (magenta/ddsp ``prepare_tfrecord``)."""


@dataclass(frozen=True, kw_only=True)
class SynthConfig:
    """The knobs of every synthesizer; each reads its own. A pair sweeps over each note."""

    sample_rate: int = setting(
        16_000,
        unit="Hz",
        why="The rate of the instruments that models learn, so that sounds can be compared.",
        source="magenta/ddsp, training/data_preparation/prepare_tfrecord_lib.py",
    )
    oversample: int = setting(
        1,
        unit="times",
        why="2 or more plays at a multiple of the rate and filters: room for high sidebands.",
        source="benchmarks/synth_gradients.py, spectrum beyond the index",
    )
    ratio: tuple[float, float] = setting(
        (3.0, 2.0),
        unit="carrier : modulator",
        why="Frequencies as multiples of the pitch; 3:2 makes odd partials only, as a clarinet.",
        source="Chowning 1973, section Woodwinds",
    )
    index: tuple[float, float] = setting(
        (4.0, 2.0),
        unit="radians",
        why="How far the modulator bends, at a note's start and end: bright, then mellow.",
        source="Chowning 1973, section Woodwinds",
    )
    depth: tuple[float, float] = setting(
        (1.0, 1.0),
        unit="",
        why="How deep the modulator swells the carrier; at 1 it reaches silence.",
        source="definition: more than 1 would overmodulate",
    )
    patch: str = setting(
        "brass",
        unit="",
        why="Wiring and ratios of six operators: strings, brass or flute.",
        source="fcaspe/ddx7, ddx7/core.py",
    )
    bright: tuple[float, float] = setting(
        (0.4, 0.2),
        unit="",
        why="Level of the operators that bend others: a struck brass note darkens as it lasts.",
        source="Risset and Mathews 1969, Analysis of Musical-Instrument Tones",
    )
    harmonics: int = setting(
        60,
        unit="partials",
        why="As many as the learned instrument has; those past Nyquist are mute.",
        source="magenta/ddsp, training/gin/models/solo_instrument.gin",
    )
    tilt_db: float = setting(
        -9.0,
        unit="dB per octave",
        why="How fast partials get softer: between a sawtooth (-6) and a triangle (-12).",
        source="Fourier series of sawtooth and triangle",
    )
    width_octaves: float = setting(
        0.33,
        unit="octaves",
        why="How wide the noise around the pitch is: a third of an octave is one band of hearing.",
        source="Zwicker and Fastl, Psychoacoustics, critical bands",
    )
    decay_ms: float = setting(
        200.0,
        unit="ms",
        why="From the attack's peak to the held level: within this time ears judge loudness.",
        source="Zwicker and Fastl, Psychoacoustics, temporal integration",
    )
    sustain: float = setting(
        0.7,
        unit="",
        why="Held level: 3 dB under the attack, heard as an accent and no more.",
        source="20 log10 0.7 = -3.1 dB",
    )
    peak: float = setting(
        0.5,
        unit="full scale",
        why="Loudest a note gets: 6 dB are left for what comes after.",
        source="20 log10 0.5 = -6 dB",
    )

    def __post_init__(self) -> None:
        if self.sample_rate % FRAMES_PER_SECOND or not 8_000 <= self.sample_rate <= 192_000:
            raise ThresherError(
                f"sample_rate {self.sample_rate} is no multiple of {FRAMES_PER_SECOND} "
                "from 8,000 to 192,000",
                hint="16000 or 48000",
            )
        if not 1 <= self.oversample <= 16 or not 1 <= self.harmonics <= 1_000:
            raise ThresherError("oversample goes from 1 to 16, harmonics from 1 to 1000")
        if min(self.ratio) <= 0 or max(self.ratio) > 100:
            raise ThresherError(
                f"ratio {self.ratio[0]:g}:{self.ratio[1]:g} is not two numbers above 0 "
                "and at most 100",
                hint="--ratio 3:2",
            )
        if min(self.index) < 0:
            raise ThresherError(f"index {min(self.index):g} is below 0", hint="--index 4..2")
        for name in ("depth", "bright"):
            if not 0 <= min(getattr(self, name)) <= max(getattr(self, name)) <= 1:
                raise ThresherError(f"{name} must lie in [0, 1]", hint=f"--{name} 1..0.2")
        if not (0 <= self.sustain <= 1 and 0 < self.peak <= 1):
            raise ThresherError("sustain and peak must lie in [0, 1], peak above 0")
        if self.decay_ms <= 0 or self.width_octaves <= 0:
            raise ThresherError("decay_ms and width_octaves must be above 0")


@dataclass(frozen=True, kw_only=True)
class Touch:
    """How the notes of a tune are joined and shaped."""

    glide_ms: float = setting(
        20.0,
        unit="ms",
        why="Pitch and force that jump between joined notes click; 20 ms is heard as legato.",
        source="taste",
    )
    vibrato_hz: float = setting(
        5.0,
        unit="Hz",
        why="A calm vibrato; violinists swing up to 6.5 times a second.",
        source="Small 1937, in Seashore 1938, Psychology of Music, chapter 17",
    )
    vibrato_cents: float = setting(
        15.0,
        unit="cents",
        why="Swings this far up and down: two thirds of what violinists do, so it never whines.",
        source="Small 1937, in Seashore 1938, Psychology of Music, ch. 17: 25 cents either way",
    )
    vibrato_after_ms: float = setting(
        300.0,
        unit="ms",
        why="Short notes stay straight; on long ones the vibrato then grows in as long again.",
        source="taste",
    )
    attack_ms: float = setting(
        10.0,
        unit="ms",
        why="One period of 100 Hz: a level that rises faster is heard as a click.",
        source="1 / 100 Hz",
    )
    release_ms: float = setting(
        60.0,
        unit="ms",
        why="Three glides: a joined note covers the end of the one before it.",
        source="3 x glide_ms",
    )

    def __post_init__(self) -> None:
        times = (self.glide_ms, self.vibrato_after_ms, self.attack_ms, self.release_ms)
        if min(times) < 0 or max(times) > 60_000 or self.vibrato_hz < 0:
            raise ThresherError("times of a touch go from 0 to 60,000 ms, vibrato_hz from 0")
