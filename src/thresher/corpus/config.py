"""Settings of a corpus."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from thresher.errors import ThresherError
from thresher.settings import setting


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """How recordings become training material."""

    sample_rate: int = setting(
        16_000,
        unit="Hz",
        why="Cost and reach are counted in samples: 16 kHz keeps guitars and voices "
        "recognisable (8 kHz of sound) at half the price of 32 kHz.",
        source="Mehri et al. 2017, section 3; rncm-prism/prism-samplernn",
    )
    quantiser: Literal["mu-law", "linear"] = setting(
        "mu-law",
        unit="",
        why="Spends codes where the ear listens. On equal footing (bits + E[log2 bin width]) "
        "mu-law wins, -4.79 against -4.67 bits on a test clip.",
        source="van den Oord et al. 2016, section 2.2; docs/measured.md, 'Plucks'",
    )
    levels: int = setting(
        256,
        unit="codes",
        why="37.9 dB with mu-law, nearly transparent; 256 outputs are cheap and fit one byte.",
        source="van den Oord et al. 2016, section 2.2",
    )
    level_dbfs: float = setting(
        -16.0,
        unit="dBFS RMS",
        why="One gain for the whole corpus. Loud enough that silence is rare in the codes "
        "(models taught on quiet corpora fall silent), quiet enough that music seldom clips.",
        source="benchmarks/songs.py: metal as released lies there (demo/sectoid: -13.6 to -16.9)",
    )
    clipped_share: float = setting(
        1e-4,
        unit="share of samples",
        why="The gain stops where more samples than this would pass full scale. A plain peak "
        "limit would let one click in ten hours decide the level of everything.",
        source="taste",
    )
    window_seconds: float = setting(
        8.0,
        unit="s",
        why="What one example holds: state is carried through it and reset at its start.",
        source="dadabots and PRiSM, 8 s chunks",
    )
    recipe: Literal["thresher", "prism", "dadabots", "instrument", "pairs", "stems"] = setting(
        "thresher",
        unit="",
        why="thresher: even windows that cover everything once. prism: 1 in 8 seconds shared, "
        "last partial dropped. dadabots: thousands of windows, nearly all of each shared, "
        "silence kept. instrument: one note at a time, with its pitch and loudness beside it. "
        "pairs: the same playing before and after an amplifier, sample by sample. stems: songs as "
        "drums and everything else. Training and validation never overlap in any of them.",
        source="rncm-prism/prism-samplernn; Cortexelus/dadabots_sampleRNN; magenta/ddsp; "
        "sdatkinson/neural-amp-modeler",
    )
    dense_windows: int = setting(
        6_400,
        unit="windows",
        why="dadabots only: how many windows the whole corpus is cut into (3,200 at 32 kHz).",
        source="Cortexelus/dadabots_sampleRNN",
    )
    phrase_seconds: float = setting(
        4.0,
        unit="s",
        why="instrument only, in place of window_seconds: a recurrent layer hears a phrase, not "
        "just a note.",
        source="magenta/ddsp, ddsp/training/data_preparation/prepare_tfrecord_lib.py",
    )
    phrase_step_seconds: float = setting(
        1.0,
        unit="s",
        why="instrument only: from window to window. Every note is met at four places of a window.",
        source="magenta/ddsp, ddsp/training/data_preparation/prepare_tfrecord_lib.py",
    )
    chunk_seconds: float = setting(
        20.0,
        unit="s",
        why="instrument only: recordings are dealt into training and validation by whole files, "
        "or by pieces of this length where files are few, before any window is cut.",
        source="magenta/ddsp, ddsp/training/data_preparation/prepare_tfrecord_lib.py",
    )
    one_note_share: float = setting(
        0.5,
        unit="share of energy",
        why="instrument only: less of a recording in one clear pitch at a time, and it is refused. "
        "Lead guitar has 0.64 to 0.94, nearly every spoken clip more than 0.7; guitar playing "
        "chords at most 0.32, whole songs at most 0.23, drums 0.01.",
        source="docs/instrument.md, 'How one note is told from many'",
    )
    held_out_seconds: float = setting(
        9.0,
        unit="s",
        why="pairs only: the end of each pair is held out, at most a fifth of it. What comes "
        "right before is left unused, so that the amplifier has forgotten it.",
        source="sdatkinson/neural-amp-modeler, nam/train/core.py",
    )
    safety_samples: int = setting(
        1,
        unit="samples",
        why="pairs only: left in of the delay. An answer may begin more softly than can "
        "be seen, and a network can wait but not foretell; a sample is 0.02 ms.",
        source="sdatkinson/neural-amp-modeler, nam/train/core.py",
    )
    held_out_songs: tuple[str, ...] = setting(
        (),
        unit="",
        why="stems only: songs never learned from, by name. Without any, the shortest that have "
        "drums, until validation_fraction is reached: a network that has heard a song knows its "
        "kit, so a song is held out whole.",
        source="Rafii et al. 2017 (MUSDB18 is split by song); docs/drums.md",
    )
    made_songs: int = setting(
        12,
        unit="songs",
        why="stems only, where no recordings are given: so many are made up by formulas.",
        source="docs/drums.md, Without stems",
    )
    made_seconds: float = setting(
        20.0,
        unit="s",
        why="stems only: the length of a song made up, ten bars or so.",
        source="docs/drums.md, Without stems",
    )
    validation_fraction: float = setting(
        0.1,
        unit="share of each recording",
        why="The last part of every recording is never trained on, so overfitting shows.",
        source="rncm-prism/prism-samplernn (10%, but by shuffled chunk)",
    )
    silence_dbfs: float = setting(
        -64.0,
        unit="dBFS RMS",
        why="What counts as silence, at the corpus's level.",
        source="rncm-prism/prism-samplernn, preprocessing",
    )
    silent_share: float = setting(
        0.5,
        unit="share of a window",
        why="Windows with this much silence are dropped: they teach a model to stay silent. "
        "instrument refuses whole recordings with more than it.",
        source="rncm-prism/prism-samplernn: 4 s of 8 s",
    )

    def __post_init__(self) -> None:
        """Refuse values that make no corpus.

        Raises:
            ThresherError: naming the setting and its range.
        """
        self._insist("sample_rate", 1_000 <= self.sample_rate <= 384_000, "1000 to 384000 Hz")
        self._insist("levels", 2 <= self.levels <= 256, "2 to 256: codes are stored in one byte")
        self._insist("level_dbfs", -60 <= self.level_dbfs <= 0, "-60 to 0 dBFS")
        self._insist("clipped_share", 0 <= self.clipped_share < 0.1, "0 to 0.1")
        self._insist("window_seconds", 0 < self.window_seconds <= 600, "above 0, to 600 s")
        self._insist("dense_windows", self.dense_windows >= 1, "at least 1")
        self._insist("validation_fraction", 0 <= self.validation_fraction <= 0.5, "0 to 0.5")
        self._insist("silence_dbfs", math.isfinite(self.silence_dbfs), "a number of dBFS")
        self._insist("silent_share", 0 < self.silent_share <= 1, "above 0, to 1")
        self._insist("one_note_share", 0 <= self.one_note_share <= 1, "0 to 1")
        self._insist("held_out_seconds", 0 <= self.held_out_seconds <= 3600, "0 to 3600 s")
        self._insist("safety_samples", 0 <= self.safety_samples <= 1000, "0 to 1000")
        self._insist("made_songs", 2 <= self.made_songs <= 10_000, "2 to 10000")
        self._insist("made_seconds", 1 <= self.made_seconds <= 3600, "1 to 3600 s")
        self._insist("phrase_seconds", 0 < self.phrase_seconds <= 600, "above 0, to 600 s")
        self._insist("phrase_step_seconds", 0 < self.phrase_step_seconds <= 600, "0 to 600 s")
        self._insist(
            "chunk_seconds", self.phrase_seconds <= self.chunk_seconds <= 3600, "phrase to 3600 s"
        )

    @property
    def feature_hop(self) -> int:
        """Samples per row of the feature curves: the power of two nearest 32 ms.

        Long enough for a curve to be slow, short enough to tell a drum's hits apart. A power
        of two, so that windows made of whole rows are also whole numbers of any
        SampleRNN frame.
        """
        return int(2 ** round(math.log2(self.sample_rate * 0.032)))

    @property
    def window_samples(self) -> int:
        """Samples in one window: whole feature rows (128,000 by default, 64,000 of instrument)."""
        phrases = self.recipe == "instrument"
        return self._rows(self.phrase_seconds if phrases else self.window_seconds)

    @property
    def melody_hop(self) -> int:
        """Samples per frame of pitch and loudness: 64 at 16 kHz, 250 frames per second."""
        return max(1, self.feature_hop // 8)

    @property
    def chunk_samples(self) -> int:
        """Samples in one chunk of the recipe instrument: whole feature rows."""
        return self._rows(self.chunk_seconds)

    @property
    def shortest_samples(self) -> int:
        """Samples without which a recording gives no window.

        The recipe instrument fills a recording's last window up with silence.
        """
        if self.recipe != "instrument":
            return self.window_samples
        return round(self.window_samples * (1 - self.silent_share)) + 1

    def _rows(self, seconds: float) -> int:
        """Samples in the whole feature rows of that time, at least one row."""
        hop = self.feature_hop
        return max(1, int(seconds * self.sample_rate) // hop) * hop

    def _insist(self, name: str, holds: bool, allowed: str) -> None:
        if not holds:
            value: Any = getattr(self, name)
            raise ThresherError(f"{name} = {value!r} is out of range", hint=f"{name}: {allowed}")
