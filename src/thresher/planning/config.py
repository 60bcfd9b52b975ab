"""Settings of a plan."""

from dataclasses import dataclass

from thresher.errors import ThresherError
from thresher.settings import setting


@dataclass(frozen=True, kw_only=True)
class PlanConfig:
    """How a plan is measured, and what it holds to be true of all music."""

    measure_seconds: float = setting(
        60.0,
        unit="s",
        why="Long enough for caches, for a beginning of a curve and for one preview.",
        source="benchmarks/plans.py: foretold against taken",
    )
    memory_share: float = setting(
        0.85,
        unit="of free memory",
        why="The rest is for files being read and for the spread of the estimate.",
        source="benchmarks/plans.py: memory is foretold within 15%",
    )
    probe_share: float = setting(
        0.2,
        unit="of the time",
        why="For the trial at half the batch size, which only memory and speed are taken from.",
        source="benchmarks/plans.py",
    )
    points: int = setting(
        12,
        unit="validations",
        why="Of the trial's curve: enough to see it bend.",
        source="benchmarks/plans.py",
    )
    trial_batches: int = setting(
        4,
        unit="batches",
        why="Of one validation while measuring: a whole one would eat the minute.",
        source="docs/measured.md, 'Upkeep': 32 batches of the small preset take 23 s",
    )
    furthest: float = setting(
        300.0,
        unit="times the samples seen",
        why="Beyond this a curve of one minute tells nothing, and the plan says so.",
        source="docs/sound.md, its curve: 4 M to 68 M samples, and its slope changes twice",
    )
    furthest_batch: int = setting(
        16,
        unit="times the batch tried",
        why="A line through two trials that differ by a few megabytes leads nowhere further.",
        source="benchmarks/plans.py: two trials of one batch differ by up to 9% in memory",
    )
    predictor_order: int = setting(
        32,
        unit="taps",
        why="Enough for a spectral envelope and its resonances: what 'texture' means.",
        source="docs/sound.md: 5.15 bits on Sectoid",
    )
    predictor_block: int = setting(
        2048,
        unit="samples",
        why="As short as notes are steady (0.13 s at 16 kHz).",
        source="docs/sound.md: 5.15 bits on Sectoid",
    )
    predictor_blocks: int = setting(
        1000,
        unit="blocks",
        why="Evenly from everywhere; the mean of so many is known to about 0.03 bits.",
        source="docs/plan.md, 'The ladder'",
    )

    def __post_init__(self) -> None:
        """Refuse times and sizes that measure nothing.

        Raises:
            ThresherError: naming the setting.
        """
        if not 5 <= self.measure_seconds <= 3600:
            raise ThresherError(
                f"a plan cannot be measured in {self.measure_seconds:g} s",
                hint="--measure 60s (5 s to an hour)",
            )
        for name in ("predictor_order", "predictor_block", "predictor_blocks", "points"):
            if getattr(self, name) < 1:
                raise ThresherError(f"{name} must be at least 1", hint=f"--set {name}=…")
