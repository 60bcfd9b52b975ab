"""Curves for a clip to follow: spans of real songs' loudness, drawn by the clip's seed.

A model that was shown the slow loudness of what it learned from needs such a curve to
play. Taking one from a real song, uncut, gives the clip that song's build and breaks.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int64

from thresher.models.noise import clip_seed, clip_uniforms

Curve = Float32[np.ndarray, "frames channels"]

_DRAW, _HARMONY = 1, 2
"""Keep these draws apart from the clip's samples, which use the clip's seed itself."""


@runtime_checkable
class Shapes(Protocol):
    """Where clips take their curves from."""

    def draw(self, seed: int, frames: int) -> Curve:
        """A curve of that many frames; the same seed always draws the same one."""
        ...

    def endless(self, seed: int) -> Curve:
        """A curve for a stream, which plays it again when it ends."""
        ...


class Curves(NamedTuple):
    """The training songs' features, end to end."""

    values: Curve
    """What steers the network, in its channel order."""
    loudness: Float32[np.ndarray, " frames"]
    """Tells a quiet span from a loud one; zeros where the corpus measured none."""
    segments: Int64[np.ndarray, "songs 2"]
    """First frame and one past the last of each song."""
    harmony: tuple[int, ...] = ()
    """Channels that tell which notes sound; the others tell when, and how loud."""


class SongShapes:
    """Contiguous spans of songs, drawn evenly over all places that are not too quiet."""

    def __init__(self, curves: Curves, quiet_share: float) -> None:
        self._curves = curves
        self._quiet_share = quiet_share
        self._starts: dict[int, Int64[np.ndarray, "places 2"]] = {}

    def draw(self, seed: int, frames: int) -> Curve:
        """A span of one song; where no song is long enough, go on in another place."""
        pieces: list[Curve] = []
        while (wanted := frames - sum(map(len, pieces))) > 0:
            places = self._places(wanted)
            [chance] = clip_uniforms(clip_seed(seed, _DRAW), len(pieces), 1)
            start, stop = places[int(chance * len(places))]
            pieces.append(self._curves.values[start:stop])
        return np.concatenate(pieces)

    def endless(self, seed: int) -> Curve:
        """Every song that is not too quiet, each whole, in an order drawn by the seed."""
        songs = self._curves.segments[self._loud(self._curves.segments)]
        order = np.argsort(clip_uniforms(clip_seed(seed, _DRAW), 0, len(songs)), kind="stable")
        return np.concatenate([self._curves.values[a:b] for a, b in songs[order]])

    def _places(self, wanted: int) -> Int64[np.ndarray, "places 2"]:
        """Every span to choose from: of the wanted length, or else whole songs."""
        if wanted not in self._starts:
            songs = self._curves.segments
            long_enough = [np.arange(start, stop - wanted + 1) for start, stop in songs]
            starts = np.concatenate(long_enough).astype(np.int64)
            spans = np.stack([starts, starts + wanted], axis=1) if len(starts) else songs
            self._starts[wanted] = spans[self._loud(spans)]
        return self._starts[wanted]

    def _loud(self, spans: Int64[np.ndarray, "places 2"]) -> np.ndarray:
        sums = np.concatenate([[0.0], np.cumsum(self._curves.loudness, dtype=np.float64)])
        means = (sums[spans[:, 1]] - sums[spans[:, 0]]) / (spans[:, 1] - spans[:, 0])
        # >= keeps everything where all is equally loud.
        loud: np.ndarray = means >= np.quantile(means, self._quiet_share)
        return loud


class CrossedShapes:
    """The rhythm of one span and the harmony of another: a score that nobody has played."""

    def __init__(self, curves: Curves, quiet_share: float) -> None:
        self._songs = SongShapes(curves, quiet_share)
        self._harmony = list(curves.harmony)

    def draw(self, seed: int, frames: int) -> Curve:
        """Two spans, drawn one apart from the other."""
        return self._crossed(
            self._songs.draw(seed, frames), self._songs.draw(clip_seed(seed, _HARMONY), frames)
        )

    def endless(self, seed: int) -> Curve:
        """Every song's rhythm, in one order, and every song's harmony, in another."""
        return self._crossed(
            self._songs.endless(seed), self._songs.endless(clip_seed(seed, _HARMONY))
        )

    def _crossed(self, rhythm: Curve, harmony: Curve) -> Curve:
        crossed = rhythm.copy()
        crossed[:, self._harmony] = harmony[:, self._harmony]
        return crossed


class SteadyShapes:
    """The median of the corpus, held."""

    def __init__(self, curves: Curves) -> None:
        self._median = np.median(curves.values, axis=0).astype(np.float32)

    def draw(self, seed: int, frames: int) -> Curve:
        """The same for every seed."""
        return np.tile(self._median, (frames, 1))

    def endless(self, seed: int) -> Curve:
        """One frame of it."""
        return self.draw(seed, 1)


class FixedShape:
    """One song's curve for every clip, from its start; played again when it ends."""

    def __init__(self, curve: Curve) -> None:
        self._curve = curve

    def draw(self, seed: int, frames: int) -> Curve:
        """The same for every seed."""
        rounds = -(-frames // len(self._curve))
        return np.tile(self._curve, (rounds, 1))[:frames]

    def endless(self, seed: int) -> Curve:
        """That song's, once."""
        return self._curve
