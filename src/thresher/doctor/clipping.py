"""Clipping: flat tops, at full scale or turned down afterwards, and waves beyond full scale."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, Int

from thresher.audio.measures import runs
from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Finding, wave_evidence
from thresher.doctor.stretches import CONTEXT, Stretch

STEP = 3.2e-5
"""One step of 16 bits, and a little: a flat top that was turned down may waver by one."""
NEAR_TOP = 0.98
"""Clipping leaves all its tops at one height, the highest there is."""
_AROUND = 60
_OVER = 0.9999


class Clipping:
    """Listens for tops that are flat, of one height, and entered at full speed.

    A low note is flat at its top as well, but it gets there slowly and each top has its own
    height. Nothing is assumed about full scale: whoever turned a clipped recording down left
    its tops flat.
    """

    def __init__(self, sample_rate: int, config: DoctorConfig) -> None:
        self._rate, self._config = sample_rate, config
        self._samples = self._over = 0
        self._peak = 0.0
        # One row a flat top: first sample, its length, its height.
        self._tops = np.zeros((0, 3))
        self._worst: tuple[int, Float32[np.ndarray, " samples"]] | None = None
        self._longest = 0

    def hear(self, stretch: Stretch) -> None:
        """Take note of flat tops and of samples beyond full scale."""
        middle = np.abs(stretch.middle)
        self._samples += middle.size
        self._over += int((middle > _OVER).sum())
        self._peak = max(self._peak, float(middle.max(initial=0.0)))
        for channel in stretch.samples.T:
            self._flat_tops(channel, stretch.first)
        self._tops = self._tops[self._tops[:, 2] >= NEAR_TOP * self._peak]

    def findings(self, file: str) -> Iterator[Finding]:
        """Clipped, or too loud, or neither."""
        share = self._tops[:, 1].sum() / max(1, self._samples)
        over = self._over / max(1, self._samples)
        top_db = 20 * np.log10(max(self._peak, 1e-9))
        if len(self._tops) >= self._config.flat_tops and share > self._config.clipped_share:
            yield self._finding(
                file,
                f"{len(self._tops)} flat tops at {top_db:.1f} dBFS hold {share:.3%} of all samples",
                "go back to the recording before it was clipped; a model learns the distortion"
                + ("" if top_db > -0.2 else " (it was turned down after it had clipped)"),
            )
        elif over > self._config.over_share:
            yield self._finding(
                file,
                f"{over:.3%} of all samples lie beyond full scale, up to {top_db:+.1f} dBFS",
                "it was mastered too hot for its format: take a lossless copy, or turn it down "
                "before anything rounds it to 16 bits",
            )

    def _flat_tops(self, channel: Float32[np.ndarray, " samples"], first: int) -> None:
        size = np.abs(channel)
        starts, stops = runs(np.abs(np.diff(channel)) <= STEP)
        stops = stops + 1  # of the differences; a run of two differences is three samples
        keep = (stops - starts >= self._config.flat_run) & (stops < len(channel) - 2)
        keep &= (starts >= CONTEXT) & (starts < len(channel) - CONTEXT)
        starts, stops = starts[keep], stops[keep]
        height = size[starts]
        # Entered and left at speed, from below.
        outside = np.maximum(size[starts - 1], size[stops])
        sudden = (height - outside > 4 * STEP) & (height >= NEAR_TOP * self._peak) & (height > 0.01)
        rows = np.stack([starts + first - CONTEXT, stops - starts, height], axis=1)[sudden]
        self._tops = np.concatenate([self._tops, rows])
        self._remember(channel, starts[sudden], (stops - starts)[sudden], first)

    def _remember(
        self,
        channel: Float32[np.ndarray, " samples"],
        starts: Int[np.ndarray, " tops"],
        lengths: Int[np.ndarray, " tops"],
        first: int,
    ) -> None:
        if not len(lengths) or lengths.max() < self._longest:
            return
        at = int(starts[lengths.argmax()])
        self._longest = int(lengths.max())
        self._worst = first + at - CONTEXT, channel[at - _AROUND : at + 2 * _AROUND].copy()

    def _finding(self, file: str, what: str, remedy: str) -> Finding:
        at, wave = self._worst or (0, None)
        return Finding(
            fault="clipping",
            severity="fix",
            file=file,
            seconds=None if wave is None else at / self._rate,
            what=what,
            remedy=remedy,
            evidence=None
            if wave is None
            else wave_evidence(
                wave, (at - _AROUND) / self._rate, self._rate, levels=(-self._peak, self._peak)
            ),
        )
