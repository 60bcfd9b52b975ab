"""Where broken sound begins: the limits that training and curation judge clips by."""

from dataclasses import dataclass, fields, replace
from typing import Any

from thresher.settings import setting

_SHORTEST_TRAP = 4.0


@dataclass(frozen=True, kw_only=True)
class GateLimits:
    """What the gates of `thresher.audio.gates` measure by and hold clips against.

    Training judges previews by these as they stand; `CurationConfig` has settings of the same
    names, which begin with the same values.
    """

    silence_db: float = setting(
        -50.0,
        unit="dB re full scale",
        why="A 50 ms frame below this is silent: 8 bit mu-law rests at -75, quiet music at -40.",
        source="docs/measured.md, 'Levels': real music stays above -36 dB for 99.9% of its frames",
    )
    most_silence: float = setting(
        0.5,
        unit="fraction of frames",
        why="SampleRNN falls silent and stays there; half a clip of nothing is a failure.",
        source="docs/measured.md, 'Gates'",
    )
    dead_peak_db: float = setting(
        -40.0,
        unit="dB re full scale",
        why="Nothing ever louder than this was never music.",
        source="docs/measured.md, 'Gates'",
    )
    most_dc: float = setting(
        0.1,
        unit="mean / RMS",
        why="Offset steals headroom and clicks at every join; healthy output has none.",
        source="docs/measured.md, 'Gates'",
    )
    clipping_level: float = setting(
        0.999,
        unit="of full scale",
        why="Where a sample counts as clipped; 16 bit full scale is 0.99997.",
        source="arithmetic: 32,735 of 32,767, so that rounding does not hide a flat top",
    )
    clipping_run: int = setting(
        3,
        unit="samples",
        why="Single full-scale samples are peaks; three in a row are a flat top.",
        source="docs/measured.md, 'Flat tops'",
    )
    most_clipping: float = setting(
        0.001,
        unit="fraction of samples",
        why="One sample in a thousand on a flat top is heard as crackle.",
        source="docs/measured.md, 'Gates'",
    )
    most_flatness: float = setting(
        0.4,
        unit="",
        why="Median spectral flatness: white noise measures 0.56, dense metal 0.13 at most.",
        source="docs/measured.md, 'Gates'",
    )
    most_repetition: float = setting(
        0.98,
        unit="correlation",
        why="An endless riff repeats itself exactly: looped bars measure 0.99, real songs 0.80.",
        source="docs/measured.md, 'Gates'",
    )
    trap_seconds: float = setting(
        8.0,
        unit="s",
        why="A bar may come back; eight seconds of nothing else is a trap.",
        source="docs/measured.md, 'Traps'",
    )
    trap_shortest_lag: float = setting(
        0.25,
        unit="s",
        why="Shorter periods are pitch, not loops.",
        source="London 2012, Hearing in Time, chapter 2: a beat is no shorter than 0.2 to 0.25 s",
    )
    trap_longest_lag: float = setting(
        4.0,
        unit="s",
        why="Two bars at 120 BPM.",
        source="half of trap_seconds: a loop must come round twice to be told from music",
    )
    click_step: float = setting(
        0.5,
        unit="of full scale",
        why="No band-limited music jumps half of full scale from one sample to the next.",
        source="docs/measured.md, 'Gates'; tests/curation/test_gates.py",
    )
    click_quiet_db: float = setting(
        -26.0,
        unit="dB re full scale",
        why="A jump counts when the millisecond before or after stays below this.",
        source="taste",
    )
    most_clicks: float = setting(
        3.0,
        unit="per s",
        why="A few clicks can be music; more is a model hopping between codes.",
        source="docs/measured.md, 'Gates'",
    )
    memorised_bits: int = setting(
        3,
        unit="bits of 32",
        why="Words that differ in fewer bits count as the same moment of music.",
        source="docs/measured.md, 'Quotations'",
    )
    memorised_seconds: float = setting(
        4.0,
        unit="s",
        why="A longer run that matches the training audio is a quotation: warn before release.",
        source="docs/measured.md, 'Quotations'",
    )


def limits_in(config: Any) -> GateLimits:
    """The limits among a larger config's fields."""
    return GateLimits(**{field.name: getattr(config, field.name) for field in fields(GateLimits)})


def suited_to(limits: GateLimits, seconds: float) -> GateLimits:
    """The limits for clips too short to show a trap of full length.

    A loop held for four seconds can be told from music as surely as one of eight
    (docs/measured.md, 'Traps'); below that it cannot, and the limit stays out of reach.
    """
    held = min(limits.trap_seconds, max(seconds, _SHORTEST_TRAP))
    return replace(
        limits, trap_seconds=held, trap_longest_lag=min(limits.trap_longest_lag, held / 2)
    )
