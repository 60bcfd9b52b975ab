"""Settings of the doctor: where a fault begins."""

from dataclasses import dataclass

from thresher.errors import ThresherError
from thresher.settings import setting

_FAULTS = "docs/doctor.md, 'How far apart' (benchmarks/faults.py)"


@dataclass(frozen=True, kw_only=True)
class DoctorConfig:
    """Where each fault begins: between what clean recordings and broken ones measure."""

    flat_run: int = setting(
        3,
        unit="samples",
        why="A top is flat when so many samples in a row are equal; two often are by chance.",
        source="docs/measured.md, 'Flat tops'",
    )
    flat_tops: int = setting(
        8,
        unit="tops",
        why="So many at one height are no coincidence.",
        source=_FAULTS,
    )
    clipped_share: float = setting(
        2e-5,
        unit="share of samples",
        why="Rarer flat tops are not heard, and hardly learned.",
        source=_FAULTS,
    )
    over_share: float = setting(
        1e-4,
        unit="share of samples",
        why="Beyond full scale: as many as a corpus's own gain may clip.",
        source="thresher corpus, clipped_share",
    )
    offset: float = setting(
        0.01,
        unit="of full scale",
        why="More than a step of 8-bit codes (0.0078 linear), so silence gets another code.",
        source=_FAULTS,
    )
    offset_of_rms: float = setting(
        0.05,
        unit="of RMS",
        why="The same for quiet recordings, which a corpus's gain will raise.",
        source=_FAULTS,
    )
    dead_channel_db: float = setting(
        40.0,
        unit="dB",
        why="No stereo recording is that lopsided; crosstalk of a dead input is.",
        source=_FAULTS,
    )
    opposite: float = setting(
        0.5,
        unit="negative correlation",
        why="In the bass, where stereo recordings are nearly mono.",
        source=_FAULTS,
    )
    mono_db: float = setting(
        -60.0,
        unit="dB",
        why="What is left of one channel less the other: rounding, or the noise of a codec.",
        source=_FAULTS,
    )
    silence_dbfs: float = setting(
        -64.0,
        unit="dBFS RMS",
        why="What counts as silence: the same as in a corpus.",
        source="thresher corpus, silence_dbfs",
    )
    edge_silence_seconds: float = setting(
        3.0,
        unit="s",
        why="Longer at the beginning or end was forgotten, not meant.",
        source=_FAULTS,
    )
    inner_silence_seconds: float = setting(
        4.0,
        unit="s",
        why="Half a corpus's window: from here on windows may be left out.",
        source="thresher corpus, window_seconds and silent_share",
    )
    gap_ms: float = setting(
        1.0,
        unit="ms",
        why="Shorter holes of silence are found as clicks.",
        source=_FAULTS,
    )
    gap_seconds: float = setting(
        2.0,
        unit="s",
        why="A longer hole is a pause, however sudden.",
        source=_FAULTS,
    )
    gap_floor_db: float = setting(
        -80.0,
        unit="dBFS",
        why="The hole: lost samples are zeros; codecs leave a little of their noise there.",
        source=_FAULTS,
    )
    gap_edge_db: float = setting(
        -40.0,
        unit="dBFS",
        why="Half a millisecond beside the hole it must still be this loud.",
        source=_FAULTS,
    )
    click_ratio: float = setting(
        10.0,
        unit="times",
        why="A click's fourth difference over the largest within 8 ms on either side.",
        source=_FAULTS,
    )
    wall_db: float = setting(
        25.0,
        unit="dB",
        why="Within half a kilohertz; no microphone or loudspeaker is so steep.",
        source=_FAULTS,
    )
    spectrum_frames: int = setting(
        8,
        unit="frames",
        why="Fewer frames of 4096 samples are too short a sound to judge.",
        source=_FAULTS,
    )
    narrow_lossy: float = setting(
        0.7,
        unit="of Nyquist",
        why="Lossy formats end below Nyquist by design, 16 kHz of 22.05 at 128 kbit/s; only "
        "what ends lower has lost something that is missed.",
        source=_FAULTS,
    )
    narrow_lossless: float = setting(
        0.925,
        unit="of Nyquist",
        why="44.1 kHz in a file of 48 kHz ends at 0.92; converters end above.",
        source=_FAULTS,
    )
    hum_db: float = setting(
        8.0,
        unit="dB",
        why="Of three lines over their surroundings, in quiet moments.",
        source=_FAULTS,
    )
    hum_floor_db: float = setting(
        -75.0,
        unit="dBFS",
        why="Quieter hum is under the codes of 8 bits.",
        source="docs/measured.md: mu-law with 256 levels leaves 38 dB",
    )
    hum_percentile: float = setting(
        15.0,
        unit="%",
        why="Of the windows of four seconds, by level: quiet at each frequency, not silent.",
        source=_FAULTS,
    )
    mixed_db: float = setting(
        12.0,
        unit="dB",
        why="From the middle of the folder; two bits of every code.",
        source=_FAULTS,
    )
    speeds: tuple[float, ...] = setting(
        (1.0, 48 / 44.1, 1.5, 2.0),
        unit="times",
        why="What wrong headers make: ratios of the usual sample rates.",
        source="AES5-2018, table of sampling frequencies",
    )
    landmark_votes: int = setting(
        7,
        unit="landmarks",
        why="Pairs of peaks that must agree before waves are compared.",
        source=_FAULTS,
    )
    landmark_share: float = setting(
        0.12,
        unit="of the landmarks",
        why="Of the stretch in common: less agree by chance, a third and more in copies.",
        source=_FAULTS,
    )
    likeness: float = setting(
        0.9,
        unit="correlation",
        why="Of the waves' differences: copies through lossy codecs are above, a stem and its "
        "mix below.",
        source=_FAULTS,
    )
    whole_share: float = setting(
        0.8,
        unit="of the shorter one",
        why="That much in common is all of it: ends may be cut or silent.",
        source=_FAULTS,
    )
    shared_seconds: float = setting(
        8.0,
        unit="s",
        why="As long as a corpus's window; less in common is a quotation.",
        source="thresher corpus, window_seconds",
    )
    pair_length_ms: float = setting(
        10.0,
        unit="ms",
        why="More was cut differently; a block of a sound card is less.",
        source="Buffers of 512 samples at 48 kHz last 10.7 ms",
    )
    pair_delay_ms: float = setting(
        0.5,
        unit="ms",
        why="An amplifier's own filters delay by less; a sound card by more.",
        source=_FAULTS,
    )
    pair_likeness: float = setting(
        6.0,
        unit="times",
        why="How far one delay stands out among all.",
        source=_FAULTS,
    )
    pair_polarity: float = setting(
        2.0,
        unit="times",
        why="By which the downward peak must exceed the upward one: filters and tubes make both, "
        "1.02 in a valve amplifier that does not invert, 8 and more where one side is inverted.",
        source=_FAULTS,
    )
    slow_text: float = setting(
        2.5,
        unit="times",
        why="So much longer than its text wants at this voice's pace.",
        source=_FAULTS,
    )
    fast_text: float = setting(
        2.5,
        unit="times",
        why="So much shorter than its text wants.",
        source=_FAULTS,
    )

    def __post_init__(self) -> None:
        """Refuse thresholds that cannot be.

        Raises:
            ThresherError: naming the setting.
        """
        if any(speed < 1 for speed in self.speeds):
            raise ThresherError(f"speeds = {self.speeds}: 1 and more", hint="--set speeds=[1, 2]")
        if not 0 < self.likeness <= 1:
            raise ThresherError(f"likeness = {self.likeness}: above 0, to 1")
