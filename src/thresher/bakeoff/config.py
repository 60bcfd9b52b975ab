"""What all families of a bake-off have in common."""

from dataclasses import dataclass

from thresher.errors import ThresherError
from thresher.settings import setting


@dataclass(frozen=True, kw_only=True)
class BakeoffConfig:
    """Budget and clips, the same for every family."""

    budget_seconds: float = setting(
        600.0,
        unit="s",
        why="Wall clock each family may train: the only budget in which a slow family that "
        "learns more from each sample and a fast one that sees more of them meet fairly.",
        source="Li, Yumer and Ramanan 2020, Budgeted training",
    )
    clips: int = setting(
        8,
        unit="clips",
        why="Of each family, and of the music itself: eight ratings of each keep the interval "
        "of a mean within a point of five, and a listener's patience.",
        source="ITU-R BS.1534-3, section 5.2: no more than a dozen items a session",
    )
    seconds: float = setting(
        8.0,
        unit="s",
        why="As long as a trap must be held to be called one, and as a listener stays attentive.",
        source="ITU-R BS.1534-3, section 5.2: excerpts of about 10 s; docs/measured.md, 'Traps'",
    )
    temperature: float = setting(
        0.95,
        unit="",
        why="The same for all, as `thresher generate` has it.",
        source="rncm-prism/prism-samplernn, generate.py",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be compared."""
        if self.budget_seconds <= 0:
            raise ThresherError(f"a budget of {self.budget_seconds} s trains nothing")
        if self.clips < 2 or self.seconds < 1.5:
            raise ThresherError(
                f"{self.clips} clips of {self.seconds} s cannot be compared",
                hint="--clips 8 --seconds 8",
            )
