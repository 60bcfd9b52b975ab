"""Everything needed to rebuild the two networks that take drums out of a mix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from thresher.audio.bands import band_hop
from thresher.errors import ThresherError
from thresher.settings import setting

VALIN = "Valin 2018 (arXiv 1709.08243)"
RNNOISE = "xiph/rnnoise"
NAM = "sdatkinson/neural-amp-modeler"
_TEN = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


@dataclass(frozen=True, kw_only=True)
class DrumsConfig:
    """A small recurrent network that sets bands' gains, and filters that repair what is left."""

    bands: int = setting(
        32,
        unit="bands",
        why="Few enough to be set without musical noise, narrow enough to let a kick through "
        "beside a bass.",
        source=f"{RNNOISE} 0.2, src/denoise.c (32 in ERB); {VALIN}, section II (22)",
    )
    width: int = setting(
        128,
        unit="units",
        why="Of the two filters and the three memories: 400,417 weights, 40 million products a "
        "second.",
        source=f"{RNNOISE} 0.2, training (256 to 384 for speech in any noise); docs/drums.md",
    )
    memories: int = setting(
        3,
        unit="layers",
        why="Gated recurrent layers one above the other; all of them are heard by the output.",
        source=f"{RNNOISE} 0.2, training",
    )
    taps: int = setting(
        3,
        unit="frames",
        why="Each of the two filters hears this frame and the two before: an attack is a change.",
        source=f"{RNNOISE} 0.2, training",
    )
    forget_every: int = setting(
        0,
        unit="frames",
        why="Then all that was heard is forgotten; 0 never. 1 takes every frame for "
        "itself, which the claim drums-need-context measures.",
        source="neural-drum-experiments, README (1); docs/claims.md, drums-need-context",
    )
    sequence: int = setting(
        400,
        unit="frames",
        why="What one example is judged on: 4 s, a bar or two. Before it nothing is remembered.",
        source="docs/drums.md, Training",
    )
    look_ahead: int = setting(
        0,
        unit="frames",
        why="Heard before a gain is set; each makes what is played 10 ms later. 1 tells a hit "
        "from what only begins like one.",
        source=f"{RNNOISE} 0.2 (1); docs/drums.md, What was tried",
    )
    lead_in: int = setting(
        20,
        unit="frames",
        why="Heard before each example, so that the medians over the last 17 frames are filled.",
        source="docs/drums.md, Training",
    )
    gamma: float = setting(
        0.5,
        unit="",
        why="Gains are compared as this power of them: the ear is roughly logarithmic.",
        source=f"{RNNOISE} 0.1, training/rnn_train.py; {VALIN}, section III",
    )
    quartic: float = setting(
        10.0,
        unit="",
        why="Weight of the fourth power of a difference: gross errors are what is heard.",
        source=f"{RNNOISE} 0.1, training/rnn_train.py",
    )
    crossentropy: float = setting(
        0.01,
        unit="",
        why="Weight of the cross-entropy: it still pushes where a gain is near 0 or 1.",
        source=f"{RNNOISE} 0.1, training/rnn_train.py",
    )
    activity_weight: float = setting(
        0.1,
        unit="",
        why="Weight of telling whether drums sound at all, which the memories learn from.",
        source=f"{RNNOISE} 0.1 (0.5) and 0.2 (0.001, which does nothing); docs/drums.md",
    )
    distortion_weight: float = setting(
        1.0,
        unit="",
        why="Weight of -SI-SDR/20 of the sound itself. Gains of loud bands count for what they "
        "are heard; without it every band counts alike.",
        source="Le Roux et al. 2019 (arXiv 1811.02508); docs/drums.md, What was tried",
    )
    gain_db: float = setting(
        6.0,
        unit="dB",
        why="Drums and backing are each made louder or softer by up to so much.",
        source="Uhlich et al. 2017, section 3 (0.25 to 1.25); docs/drums.md",
    )
    tilt_db: float = setting(
        4.0,
        unit="dB",
        why="Both sides' treble is raised and their bass lowered by up to so much, or the other "
        "way round: kits and rooms differ.",
        source=f"{VALIN}, section III (random filters)",
    )
    other_backing: float = setting(
        0.3,
        unit="share",
        why="Of examples whose backing is another song's: a fill is no longer foretold by a riff.",
        source="Uhlich et al. 2017, section 3 (stems of different songs)",
    )
    silence: float = setting(
        0.1,
        unit="share",
        why="Of examples in which drums, or in every second of them the backing, are silent.",
        source=f"{VALIN}, section III (speech and noise alone)",
    )
    decay_floor: float = setting(
        0.0,
        unit="",
        why="A gain is never less than so much of the one before it: 0.6 lets speech ring out, "
        "but smears hits. 0 is off.",
        source=f"{VALIN}, section II (0.6)",
    )
    repair: bool = setting(
        False,
        unit="",
        why="A second network hears the mix and the first drums, and adds what no gain can. It is "
        "samples that it learns from, not frames: without a GPU that takes hours.",
        source=f"{NAM} (feed-forward WaveNet); docs/drums.md, Stage 2",
    )
    repair_channels: int = setting(
        16,
        unit="channels",
        why="Width of the repairing filters.",
        source=f"{NAM}, the trainer's standard architecture",
    )
    repair_dilations: tuple[int, ...] = setting(
        (*_TEN, *_TEN),
        unit="samples",
        why="Spacing of the taps of each layer: with three taps they reach 4,092 samples, 186 ms "
        "at 22,050 Hz.",
        source=f"{NAM}, the trainer's standard architecture",
    )
    repair_frames: int = setting(
        100,
        unit="frames",
        why="What one example of the second network is judged on, a second.",
        source="docs/drums.md, Stage 2",
    )
    repair_lead_in: int = setting(
        100,
        unit="frames",
        why="Heard before it, so that the first network's memories know the song.",
        source="docs/drums.md, Stage 2",
    )
    repair_spectra: float = setting(
        0.1,
        unit="",
        why="Weight of the spectra beside -SI-SDR/20: they keep the treble, which has little "
        "energy.",
        source="Yamamoto et al. 2020, section 2.2; docs/drums.md, Stage 2",
    )
    feature_means: tuple[float, ...] = setting(
        (),
        unit="log10 energy",
        why="Of each input over the corpus, so that all inputs arrive alike. Filled in from it.",
        source="corpus",
    )
    feature_spreads: tuple[float, ...] = setting(
        (),
        unit="log10 energy",
        why="Standard deviation of each input over the corpus. Filled in from it.",
        source="corpus",
    )
    sample_rate: int = setting(
        22_050,
        unit="Hz",
        why="Filled in from the corpus. Little of a drum lies above 11 kHz.",
        source="corpus manifest",
    )

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        for name in ("bands", "width", "memories", "taps", "sequence", "repair_channels"):
            _insist(name, getattr(self, name), getattr(self, name) >= 1, "at least 1")
        _insist("bands", self.bands, self.bands >= 2, "at least 2")
        _insist("look_ahead", self.look_ahead, 0 <= self.look_ahead <= 100, "0 to 100")
        least = self.look_ahead + 1
        _insist("lead_in", self.lead_in, self.lead_in >= least, f"at least {least}")
        _insist("repair_frames", self.repair_frames, self.repair_frames >= 2, "at least 2")
        fits = self.repair_dilations and min(self.repair_dilations) >= 1
        _insist("repair_dilations", self.repair_dilations, bool(fits), "numbers from 1 on")
        _insist("forget_every", self.forget_every, self.forget_every >= 0, "0 or more")
        for name in ("other_backing", "silence", "decay_floor"):
            share = getattr(self, name)
            _insist(name, share, 0 <= share <= 1, "0 to 1")
        _insist("gamma", self.gamma, 0 < self.gamma <= 1, "above 0, to 1")
        for name in ("feature_means", "feature_spreads"):
            known = len(getattr(self, name))
            _insist(name, getattr(self, name), known in (0, self.features), "one a feature")
        bins = self.hop + 1
        _insist(
            "bands", self.bands, self.bands <= bins, f"{bins} at {self.sample_rate} Hz, or less"
        )

    @property
    def hop(self) -> int:
        """Samples from frame to frame: 10 ms."""
        return band_hop(self.sample_rate)

    @property
    def late(self) -> int:
        """Samples by which what is played comes after what is heard: 10 ms and the look-ahead."""
        return (1 + self.look_ahead) * self.hop

    @property
    def features(self) -> int:
        """What the first network hears of each frame: 96 by default."""
        return 3 * self.bands

    @property
    def repair_reach(self) -> int:
        """Samples before the present one that the repairing filters hear (4,092 by default)."""
        return 2 * sum(self.repair_dilations)


def _insist(name: str, value: object, holds: bool, allowed: str) -> None:
    if not holds:
        raise ThresherError(f"{name} = {value!r}, but it must be {allowed}")


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "tiny": {"width": 48, "memories": 2, "sequence": 150},
    "repair": {"repair": True},
    "small-repair": {
        "repair": True,
        "repair_channels": 8,
        "repair_dilations": _TEN[:8],
        "repair_frames": 40,
    },
}
"""One that learns in minutes, both networks, and both with a repair that a processor can learn."""
