"""Sound that stops and starts between two samples: lost buffers, bad splices."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32

from thresher.audio.measures import runs
from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Finding, wave_evidence
from thresher.doctor.stretches import CONTEXT, Stretch

_BESIDE_MS = 0.5
_SHOWN_MS = 4.0


class Gaps:
    """Listens for holes with torn edges: loud up to the last half millisecond, then nothing.

    Music that pauses dies away first. The two edges of a hole are found apart from each
    other, so a hole may be longer than any block.
    """

    def __init__(self, sample_rate: int, config: DoctorConfig) -> None:
        self._rate, self._config = sample_rate, config
        self._quiet = np.float32(10 ** (config.gap_floor_db / 20))
        self._loud = np.float32(10 ** (config.gap_edge_db / 20))
        self._torn: int | None = None
        self._silent_to = 0
        self._gaps: list[tuple[int, int]] = []
        self._shown: Float32[np.ndarray, " samples"] | None = None
        self._edge: Float32[np.ndarray, " samples"] | None = None

    def hear(self, stretch: Stretch) -> None:
        """Take note of the edges of silences."""
        loudest = np.abs(stretch.samples).max(axis=1)
        shortest = max(2, round(self._config.gap_ms * self._rate / 1000))
        for start, stop in zip(*runs(loudest <= self._quiet), strict=True):
            if stop - start >= shortest:
                self._silence(stretch, loudest, int(start), int(stop))

    def findings(self, file: str) -> Iterator[Finding]:
        """One finding for all holes of a recording."""
        if not self._gaps:
            return
        lengths = [stop - start for start, stop in self._gaps]
        longest = int(np.argmax(lengths))
        start, stop = self._gaps[longest]
        many = f"{len(self._gaps)} holes" if len(self._gaps) > 1 else "a hole"
        yield Finding(
            fault="dropout",
            severity="fix",
            file=file,
            seconds=start / self._rate,
            until=stop / self._rate,
            what=f"{many} of digital silence with torn edges, up to "
            f"{1000 * lengths[longest] / self._rate:.1f} ms long",
            remedy="transfer it again, or cut the place out: a model learns to fall silent",
            evidence=None
            if self._shown is None
            else wave_evidence(self._shown, (start - self._beside * 8) / self._rate, self._rate),
        )

    @property
    def _beside(self) -> int:
        return max(2, round(_BESIDE_MS * self._rate / 1000))

    def _silence(
        self, stretch: Stretch, loudest: Float32[np.ndarray, " samples"], start: int, stop: int
    ) -> None:
        """A silence of this stretch; its edges count where they lie in the middle."""
        origin = stretch.first - CONTEXT
        inside = range(CONTEXT, len(loudest) - CONTEXT)
        beside = self._beside
        if start in inside:
            torn = loudest[max(0, start - beside) : start].max(initial=0.0) >= self._loud
            self._torn = origin + start if torn else None
            shown = max(0, start - 8 * beside)
            self._edge = stretch.samples[shown : shown + 40 * beside].mean(axis=1)
        if stop in inside and self._torn is not None:
            torn = loudest[stop : stop + beside].max(initial=0.0) >= self._loud
            length = origin + stop - self._torn
            if torn and length <= self._config.gap_seconds * self._rate:
                if length > max((b - a for a, b in self._gaps), default=0):
                    self._shown = self._edge
                self._gaps.append((self._torn, origin + stop))
            self._torn = None
