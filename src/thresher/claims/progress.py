"""How long the rest will take: what every unit should take, corrected by what they took."""

import time
from collections.abc import Sequence

from thresher.claims.units import Found, Unit

_UNKNOWN_SECONDS = 30.0
"""For a claim file that does not say."""
_TRUST_SECONDS = 60.0


class Estimate:
    """Time left, in words."""

    def __init__(self, expected: Sequence[float], workers: int) -> None:
        self._left = sum(seconds or _UNKNOWN_SECONDS for seconds in expected)
        self._count, self._workers = len(expected), max(workers, 1)
        self._done, self._expected_done = 0, 0.0
        self._began = time.monotonic()

    def opening(self, there: int) -> str:
        """What lies ahead."""
        already = f", {there} are measured already" if there else ""
        minutes = self._left / self._workers / 60
        return f"{self._count} units to measure{already}; about {_words(60 * minutes)}"

    def line(self, unit: Unit, found: Found) -> str:
        """One unit done: what it gave, and the time left."""
        expected = unit.expected_seconds or _UNKNOWN_SECONDS
        self._done, self._left = self._done + 1, self._left - expected
        self._expected_done += expected
        # The first units say little: they count as if a minute had gone as expected.
        passed = time.monotonic() - self._began
        slower = (passed + _TRUST_SECONDS) / (self._expected_done + _TRUST_SECONDS)
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in found.numbers.items())
        return (
            f"[{self._done}/{self._count}] {unit.arm.name}, seed {unit.seed}: {numbers} "
            f"({found.seconds:.0f} s); {_words(self._left * slower)} left"
        )


def _words(seconds: float) -> str:
    """A duration as people say it.

    >>> _words(100.0), _words(9000.0)
    ('2 min', '2.5 h')
    """
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(round(seconds / 60), 1)} min"
