"""Clicks: single samples that nothing around them foretells."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.ndimage
from jaxtyping import Float32

from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Finding, wave_evidence
from thresher.doctor.stretches import CONTEXT, Stretch

_FOURTH = np.array([1, -4, 6, -4, 1], np.float32)
"""Fourth difference: what a cubic through the neighbours does not explain."""
_NEAR_MS = 0.75
_AROUND_MS = 8.0
_SHOWN = 100
_EDGE_SECONDS = 0.05
_MOST = 500
"""Clicks remembered, the strongest."""


class Click(NamedTuple):
    """One sample that stands alone."""

    ratio: float
    """How far its fourth difference is above the largest around it."""
    place: int
    """In samples from the beginning."""
    wave: Float32[np.ndarray, " samples"]
    """`_SHOWN` samples on either side."""


class Clicks:
    """Compares each sample's fourth difference with that of the milliseconds around it.

    A drum hit is loud for many milliseconds after it began, so what follows it explains it;
    a click stands alone.
    """

    def __init__(self, sample_rate: int, config: DoctorConfig) -> None:
        self._rate, self._config = sample_rate, config
        self._found: list[Click] = []
        self._samples = 0

    def hear(self, stretch: Stretch) -> None:
        """Take note of samples that stand alone."""
        self._samples += len(stretch.middle)
        near = round(0.005 * self._rate)
        for channel in stretch.samples.T:
            ratio = loneliness(channel, self._rate)
            ratio[:CONTEXT] = ratio[-CONTEXT:] = 0
            places = np.flatnonzero(ratio > self._config.click_ratio)
            # The strongest of those that lie together.
            for group in np.split(places, np.flatnonzero(np.diff(places) > near) + 1):
                if len(group):
                    at = int(group[ratio[group].argmax()])
                    wave = channel[at - _SHOWN : at + _SHOWN]
                    self._keep(Click(float(ratio[at]), stretch.first + at - CONTEXT, wave.copy()))

    def findings(self, file: str) -> Iterator[Finding]:
        """One finding for all clicks of a recording."""
        # Sound that is cut begins and ends with a jump, and every recording is cut.
        edge = round(_EDGE_SECONDS * self._rate)
        inside = [c for c in self._found if edge <= c.place < self._samples - edge]
        if not inside:
            return
        places = len({click.place for click in inside})
        worst = max(inside, key=lambda click: click.ratio)
        yield Finding(
            fault="click",
            severity="fix",
            file=file,
            seconds=worst.place / self._rate,
            what=f"{places} click{'s' if places > 1 else ''}; the strongest stands "
            f"{20 * np.log10(worst.ratio):.0f} dB above what surrounds it",
            remedy="repair it with a de-clicker, or cut the place out",
            evidence=wave_evidence(worst.wave, (worst.place - _SHOWN) / self._rate, self._rate),
        )

    def _keep(self, click: Click) -> None:
        self._found.append(click)
        if len(self._found) > 2 * _MOST:
            self._found = sorted(self._found, reverse=True, key=lambda c: c.ratio)[:_MOST]


def loneliness(
    channel: Float32[np.ndarray, " samples"], sample_rate: int
) -> Float32[np.ndarray, " samples"]:
    """Each sample's fourth difference over the largest some milliseconds before and after it.

    What lies nearer than `_NEAR_MS` is left out, for a click rings a little.
    """
    rough = np.abs(np.convolve(channel, _FOURTH, mode="same"))
    near = max(3, round(_NEAR_MS * sample_rate / 1000))
    width = max(8, round(_AROUND_MS * sample_rate / 1000))
    # The largest of samples [i - near - width, i - near) and of their mirror image.
    highest = scipy.ndimage.maximum_filter1d(rough, width)
    half = near + width - width // 2
    before = np.concatenate([np.zeros(half, np.float32), highest[:-half]])
    after = np.concatenate([highest[half:], np.zeros(half, np.float32)])
    # Below one step of 16 bits there is only rounding, and rounding is rough everywhere.
    surroundings = np.maximum(np.maximum(before, after), np.float32(2e-4))
    return np.asarray(rough / surroundings, np.float32)
