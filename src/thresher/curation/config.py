"""Every number that curation decides by."""

from dataclasses import dataclass
from typing import Literal

from thresher.audio.config import GateLimits
from thresher.settings import same_setting, setting


@dataclass(frozen=True, kw_only=True)
class CurationConfig:
    """How clips are judged, cut, chosen, ordered and joined into a song."""

    minutes: float = setting(
        0.0,
        unit="min",
        why="Length to aim for; 0 uses every phrase that passes. A shorter song is choosier.",
        source="dadabots: generate hours, keep an album",
    )
    sample_rate: int = setting(
        0,
        unit="Hz",
        why="0 insists that all clips agree; otherwise clips at another rate are turned away.",
        source="tests/curation/test_pipeline.py: clips of two rates stop with the way out",
    )
    longest_clip_seconds: float = setting(
        300.0,
        unit="s",
        why="Two clips at a time are held while they are measured: 0.9 GB for these at 44.1 kHz.",
        source="benchmarks/curation.py",
    )

    silence_db: float = same_setting(GateLimits, "silence_db")
    most_silence: float = same_setting(GateLimits, "most_silence")
    dead_peak_db: float = same_setting(GateLimits, "dead_peak_db")
    most_dc: float = same_setting(GateLimits, "most_dc")
    clipping_level: float = same_setting(GateLimits, "clipping_level")
    clipping_run: int = same_setting(GateLimits, "clipping_run")
    most_clipping: float = same_setting(GateLimits, "most_clipping")
    most_flatness: float = same_setting(GateLimits, "most_flatness")
    most_repetition: float = same_setting(GateLimits, "most_repetition")
    trap_seconds: float = same_setting(GateLimits, "trap_seconds")
    trap_shortest_lag: float = same_setting(GateLimits, "trap_shortest_lag")
    trap_longest_lag: float = same_setting(GateLimits, "trap_longest_lag")
    click_step: float = same_setting(GateLimits, "click_step")
    click_quiet_db: float = same_setting(GateLimits, "click_quiet_db")
    most_clicks: float = same_setting(GateLimits, "most_clicks")
    memorised_bits: int = same_setting(GateLimits, "memorised_bits")
    memorised_seconds: float = same_setting(GateLimits, "memorised_seconds")

    phrase_gap_seconds: float = setting(
        0.5,
        unit="s",
        why="A shorter pause belongs to the music.",
        source="docs/measured.md, 'Pauses'",
    )
    phrase_gap_db: float = setting(
        -50.0,
        unit="dB re median clip RMS",
        why="Relative to all clips, not to the clip itself: its own peak would promote its noise.",
        source="docs/measured.md, 'Pauses'",
    )
    shortest_phrase: float = setting(
        2.0,
        unit="s",
        why="Less cannot be joined at both ends.",
        source="arithmetic: 4 x join_search_ms + 2 x crossfade_ms = 1.12 s go to its two joins",
    )
    longest_phrase: float = setting(
        20.0,
        unit="s",
        why="Longer ones are cut where they are quietest, so that order can be found.",
        source="GenerationConfig.seconds: one whole clip may be one phrase",
    )

    compare: Literal["cosine", "dtw"] = setting(
        "cosine",
        unit="",
        why="Cosine of mean vectors is quick; dtw follows a phrase in time and tolerates lag.",
        source="tests/curation/test_order.py: both tell six styles apart, dtw at any shift",
    )
    relevance_weight: float = setting(
        0.7,
        unit="",
        why="Lambda of maximal marginal relevance: 1 takes only the typical, 0 only the new.",
        source="Carbonell and Goldstein 1998, section 2: 0.3 to look around, 0.7 to focus",
    )
    edge_seconds: float = setting(
        2.0,
        unit="s",
        why="How much of a phrase's end and beginning is compared to find what follows what.",
        source="that of shortest_phrase: no phrase has a longer end than all of it",
    )

    crossfade_ms: float = setting(
        60.0,
        unit="ms",
        why="Long enough not to click, too short to hear.",
        source="docs/measured.md, 'Crossfades'",
    )
    join_search_ms: float = setting(
        250.0,
        unit="ms",
        why="The join may move this far either way to the quietest moment.",
        source="docs/measured.md, 'Crossfades'",
    )
    beat_tolerance: float = setting(
        0.03,
        unit="fraction of tempo",
        why="Tempi closer than this are joined on the beat; beyond, the ear hears two tempi.",
        source="Drake and Botte 1993: the ear tells tempi of six beats apart from 3% on",
    )
    beat_strength: float = setting(
        0.3,
        unit="correlation",
        why="Onsets must repeat at least this well before a beat is believed.",
        source="docs/measured.md, 'Beats'",
    )

    loudness_lufs: float = setting(
        -18.0,
        unit="LUFS",
        why="Every phrase is brought here: even loudness with 17 dB left for peaks.",
        source="ReplayGain 2.0 specification (wiki.hydrogenaud.io): its reference loudness",
    )
    ceiling_dbtp: float = setting(
        -1.0,
        unit="dB true peak",
        why="Lossy codecs overshoot by up to a decibel.",
        source="EBU R 128 (2020), recommendation h",
    )
    lookahead_ms: float = setting(
        5.0,
        unit="ms",
        why="The limiter turns down before the peak comes, slowly enough not to crackle.",
        source="docs/measured.md, 'Limiter'",
    )
    release_db_per_s: float = setting(
        60.0,
        unit="dB/s",
        why="A 6 dB dip is over in 0.1 s, between two hits.",
        source="docs/measured.md, 'Limiter'",
    )
    fade_in_seconds: float = setting(
        0.05,
        unit="s",
        why="The song starts at once, without a click.",
        source="docs/measured.md, 'Crossfades': between 20 and 60 ms",
    )
    fade_out_seconds: float = setting(
        4.0, unit="s", why="Generated music has no last chord, so it leaves.", source="taste"
    )

    def __post_init__(self) -> None:
        """Refuse values that would contradict each other.

        Raises:
            ValueError: phrases too short for two joins, or a range turned around.
        """
        joins = 4 * self.join_search_ms / 1000 + 2 * self.crossfade_ms / 1000
        if self.shortest_phrase <= joins:
            raise ValueError(
                f"shortest_phrase {self.shortest_phrase} s leaves no room between two joins "
                f"({joins:.2f} s)"
            )
        if self.longest_phrase < 4 * self.shortest_phrase:
            raise ValueError("longest_phrase must be at least four times shortest_phrase")
        if not 0 <= self.relevance_weight <= 1:
            raise ValueError("relevance_weight must lie between 0 and 1")
        if self.trap_longest_lag > self.trap_seconds / 2:
            raise ValueError("trap_longest_lag cannot pass half of trap_seconds")
        for name in ("crossfade_ms", "lookahead_ms", "release_db_per_s", "trap_shortest_lag"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0")


@dataclass(frozen=True, kw_only=True)
class MapConfig:
    """How clips become a map to browse by ear."""

    chunk_seconds: float = setting(
        2.0,
        unit="s",
        why="Clips are cut into stretches of this length: long enough for a figure, short enough "
        "for one sound.",
        source="Carr and Zukowski 2019 (D.O.M.E.) cut on beats; four descriptor rows here",
    )
    most_cells: int = setting(
        100,
        unit="cells",
        why="Of the square, ten by ten; with fewer than three stretches a cell it is smaller.",
        source="Cortexelus/dome (10 x 10)",
    )
    components: int = setting(
        32,
        unit="components",
        why="Principal components that count: the last ones of 62 are noise.",
        source="Cortexelus/dome; docs/claims.md, map-makes-hours-browsable",
    )
    perplexity: float = setting(
        30.0,
        unit="groups",
        why="How many neighbours count while groups are laid out; with less than three times as "
        "many groups, principal components lay them out instead.",
        source="van der Maaten and Hinton 2008, section 2 (5 to 50)",
    )
    gates: bool = setting(
        True,
        unit="",
        why="Clips that fail a gate of curation are left out; hours of noise would fill the map.",
        source="docs/measured.md, 'Gates'",
    )
    nearest: int = setting(
        6,
        unit="stretches",
        why="Heard where a cell is touched, those nearest its middle first; they are in the page.",
        source="2 s each: a page of about 10 MB for a hundred cells at 16 kHz",
    )
    seed: int = setting(
        0,
        unit="",
        why="The same clips and seed draw the same map.",
        source="tests/curation/test_layout.py",
    )

    def __post_init__(self) -> None:
        """Refuse what no map can be drawn with.

        Raises:
            ValueError: a number out of its range.
        """
        ranges = {"chunk_seconds": (0.5, 60), "perplexity": (1, 300), "most_cells": (1, 900)}
        ranges |= {"components": (1, 62), "nearest": (1, 50)}
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be {least:g} to {most:g}")
