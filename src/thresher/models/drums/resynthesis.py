"""Drums played again: every hit that is found answered by one of the kit's own, as loud.

Gains cannot give back what the mix has covered, and a network that regresses blurs what it cannot
know. A kit of single hits, cut from the drums that were learned from, sounds whole; but it is
another take, so what is made here is always labelled as resynthesised.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int

from thresher.audio.bands import band_hop
from thresher.audio.onsets import bands_db, find_onsets
from thresher.corpus import Corpus
from thresher.errors import ThresherError
from thresher.models.drums.fitting import stems_of
from thresher.models.family import PlayAgain

KINDS = 6
"""Kick, snare, two cymbals, and the two commonest of them together."""

HEARD_SECONDS = 0.06
"""After its onset: what a hit is told by, in shape and level."""

LEAD_SECONDS, FADE_SECONDS = 0.003, 0.02
"""Before the onset, where the wave already begins to move; and at the end of a cut."""

NEAR_SECONDS = 0.003
"""A hit may move this far, to where its wave runs with the one that was heard."""

SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 0.6
"""Of a cut hit: less is another one's beginning, more is the room."""

RANGE_DB = 40.0
"""Below its loudest band a hit's shape does not count; below its loudest hit a song has none."""

TYPICAL = 0.25
"""Share of a kind's hits, those nearest its middle, out of which the longest is taken."""

ROUNDS = 30
"""Of moving middles and sorting hits to them; less than that settles it."""


class Kind(NamedTuple):
    """One sort of hit."""

    hit: Float32[np.ndarray, " samples"]
    """Single, from `LEAD_SECONDS` before its onset."""
    shape_db: Float32[np.ndarray, " bands"]
    """The kind's middle: bands re their loudest."""
    level_db: float
    """Of the hit while it is heard."""
    struck: int
    """So many hits of this kind there were."""


class Played(NamedTuple):
    """Drums played by a kit."""

    sound: Float32[np.ndarray, " samples"]
    onsets: Int[np.ndarray, " hits"]
    """Samples."""
    kinds: Int[np.ndarray, " hits"]
    """Which of the kit's, for each onset."""


def kit_player(corpus: Corpus) -> PlayAgain:
    """Plays drums again with a kit out of the songs that were learned from.

    Raises:
        ThresherError: the corpus has no stems, or its drums give no kit.
    """
    stems = stems_of(corpus)
    spans = stems.stretches("training").tolist()
    drums = np.concatenate([stems.drums[start:stop] for start, stop in spans])
    kit = cut_kit(drums, corpus.sample_rate)
    return lambda clip: play_kit(np.asarray(clip, np.float32), kit, corpus.sample_rate).sound


def cut_kit(
    drums: Float32[np.ndarray, " samples"], sample_rate: int, kinds: int = KINDS
) -> tuple[Kind, ...]:
    """A kit out of a drum stem: hits that stand alone, sorted by the shape of their bands.

    Fewer kinds come out where the drums have fewer.

    Raises:
        ThresherError: no hit stands alone.
    """
    onsets = find_onsets(drums, sample_rate)
    stops = np.append(onsets[1:], len(drums))
    alone = stops - onsets >= SHORTEST_SECONDS * sample_rate
    if not alone.any():
        raise ThresherError(
            f"none of {len(onsets)} hits in the drums stands alone for {SHORTEST_SECONDS:g} s",
            hint="drums with more room between hits; without --resynthesis nothing is cut",
        )
    starts, stops = onsets[alone], stops[alone]
    shapes, levels = _heard(drums, starts, sample_rate)
    # Ghosts are told by their noise: what is loud enough decides what kinds there are.
    loud = levels >= levels.max() - RANGE_DB
    starts, stops, shapes, levels = starts[loud], stops[loud], shapes[loud], levels[loud]
    middles, sorted_to = _sorted(shapes, kinds)
    kit = []
    for number, middle in enumerate(middles):
        ours = np.flatnonzero(sorted_to == number)
        apart = np.square(shapes[ours] - middle).sum(axis=1)
        typical = ours[np.argsort(apart, kind="stable")[: max(1, int(TYPICAL * len(ours)))]]
        best = typical[np.argmax((stops - starts)[typical])]
        hit = _cut(drums, int(starts[best]), int(stops[best]), sample_rate)
        kit.append(Kind(hit, middle.astype(np.float32), float(levels[best]), len(ours)))
    return tuple(kit)


def play_kit(
    drums: Float32[np.ndarray, " samples"], kit: tuple[Kind, ...], sample_rate: int
) -> Played:
    """Answer every hit heard in ``drums`` with the kit's nearest kind, as loud as it was."""
    onsets = find_onsets(drums, sample_rate)
    shapes, levels = _heard(drums, onsets, sample_rate)
    heard = levels >= levels.max(initial=-np.inf) - RANGE_DB
    onsets, shapes, levels = onsets[heard], shapes[heard], levels[heard]
    middles = np.stack([kind.shape_db for kind in kit])
    kinds = _nearest(shapes, middles)
    lead = round(LEAD_SECONDS * sample_rate)
    room = lead + max(len(kind.hit) for kind in kit)
    sound = np.zeros(len(drums) + 2 * room, np.float32)
    for onset, number, level in zip(onsets.tolist(), kinds.tolist(), levels.tolist(), strict=True):
        hit, gain = kit[number].hit, 10 ** ((level - kit[number].level_db) / 20)
        start = room + _aligned(drums, hit, onset - lead, sample_rate)
        sound[start : start + len(hit)] += np.float32(gain) * hit
    return Played(sound[room : room + len(drums)].copy(), onsets, kinds)


def _aligned(
    drums: Float32[np.ndarray, " samples"],
    hit: Float32[np.ndarray, " hit"],
    start: int,
    sample_rate: int,
) -> int:
    """Where the hit begins, so that a kick does not cancel the one it stands for."""
    reach = round(NEAR_SECONDS * sample_rate)
    span = min(len(hit), round(HEARD_SECONDS * sample_rate))
    first = start - reach
    there = drums[max(0, first) : start + span + reach]
    heard = np.pad(there, (max(0, -first), 0))
    heard = np.pad(heard, (0, span + 2 * reach - len(heard)))
    return first + int(np.argmax(np.correlate(heard, hit[:span], "valid")))


def _heard(
    drums: Float32[np.ndarray, " samples"], onsets: Int[np.ndarray, " hits"], sample_rate: int
) -> tuple[Float64[np.ndarray, "hits bands"], Float64[np.ndarray, " hits"]]:
    """Shape of every hit's bands [dB re its loudest] and its level [dB]."""
    hop = band_hop(sample_rate)
    energies = 10 ** (bands_db(drums, sample_rate).astype(np.float64) / 10)
    span = round(HEARD_SECONDS * sample_rate / hop)
    # A frame at t hops hears a hop either way: the first that hears only the hit comes after it.
    frames = -(-onsets // hop)[:, None] + np.arange(span)
    mean = energies[np.minimum(frames, len(energies) - 1)].mean(axis=1)
    bands = 10 * np.log10(np.maximum(mean, 1e-10))
    shapes = np.maximum(bands - bands.max(axis=1, keepdims=True), -RANGE_DB)
    return shapes, 10 * np.log10(np.maximum(mean.sum(axis=1), 1e-10))


def _sorted(
    shapes: Float64[np.ndarray, "hits bands"], kinds: int
) -> tuple[Float64[np.ndarray, "kinds bands"], Int[np.ndarray, " hits"]]:
    """Middles of at most so many kinds, none empty, and the kind of every hit (k-means).

    The first middle is the commonest shape's, each next one the hit farthest from all before it:
    nothing is drawn, so the same drums give the same kit.
    """
    middles = np.median(shapes, axis=0, keepdims=True)
    while len(middles) < min(kinds, len(shapes)):
        apart = _apart(shapes, middles).min(axis=1)
        if apart.max() == 0:
            break
        middles = np.concatenate([middles, shapes[[int(apart.argmax())]]])
    for _ in range(ROUNDS):
        nearest = _nearest(shapes, middles)
        middles = np.stack([shapes[nearest == k].mean(axis=0) for k in np.unique(nearest)])
    return middles, _nearest(shapes, middles)


def _nearest(
    shapes: Float64[np.ndarray, "hits bands"], middles: np.ndarray
) -> Int[np.ndarray, " hits"]:
    return np.asarray(_apart(shapes, middles).argmin(axis=1))


def _apart(
    shapes: Float64[np.ndarray, "hits bands"], middles: np.ndarray
) -> Float64[np.ndarray, "hits kinds"]:
    return np.asarray(np.square(shapes[:, None] - middles).sum(axis=2))


def _cut(
    drums: Float32[np.ndarray, " samples"], start: int, stop: int, sample_rate: int
) -> Float32[np.ndarray, " hit"]:
    """One hit with soft ends."""
    lead, fade = round(LEAD_SECONDS * sample_rate), round(FADE_SECONDS * sample_rate)
    last = min(stop, start + round(LONGEST_SECONDS * sample_rate))
    first = max(0, start - lead)
    hit = np.pad(drums[first:last], (lead - (start - first), 0)).astype(np.float32)
    hit[:lead] *= np.linspace(0, 1, lead, endpoint=False, dtype=np.float32)
    hit[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return hit
