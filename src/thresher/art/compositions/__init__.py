"""Eight ways to make a picture of a song, and which one a song asks for."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from thresher.art.compositions import (
    eclipse,
    seal,
    sigil,
    static,
    stones,
    strata,
    tide,
    wound,
)
from thresher.art.compositions.scene import Painter, Plates, Scene

__all__ = ["COMPOSITIONS", "Composition", "Painter", "Plates", "Scene"]


class Composition(NamedTuple):
    """One way to make a picture."""

    plan: Callable[[Scene], Painter]
    base: float
    """How strongly an average song asks for it: the best are seen more often."""
    calls: Mapping[str, float]
    """How strongly each deviation of a song's `Character` asks for it."""
    light: bool
    """The key plate means light rather than ink."""
    mean: float
    """Mean of the key plate that an average song is exposed to; 0 leaves it alone."""
    face: str
    """The type that belongs to it."""
    layouts: tuple[str, ...]
    """Where its lettering may stand, best first."""


COMPOSITIONS = {
    "eclipse": Composition(
        plan=eclipse.plan,
        base=0.3,
        calls={"dynamics": 0.7, "loudness": 0.4, "mode": -0.4},
        light=False,
        mean=0.0,
        face="cinzel",
        layouts=("apart", "foot", "head"),
    ),
    "strata": Composition(
        plan=strata.plan,
        base=0.05,
        calls={"tempo": -0.7, "flatness": -0.4, "dynamics": 0.3},
        light=True,
        mean=0.24,
        face="cinzel",
        layouts=("head", "apart", "foot"),
    ),
    "stones": Composition(
        plan=stones.plan,
        base=-0.05,
        calls={"bass": 0.7, "tempo": -0.5, "onsets": -0.4},
        light=True,
        mean=0.20,
        face="cinzel",
        layouts=("foot", "head", "apart"),
    ),
    "tide": Composition(
        plan=tide.plan,
        base=0.05,
        calls={"mode": 0.7, "flatness": -0.5, "dynamics": 0.2},
        light=False,
        mean=0.0,
        face="oswald",
        layouts=("head", "apart", "left"),
    ),
    "sigil": Composition(
        plan=sigil.plan,
        base=0.35,
        calls={"onsets": 0.7, "bass": 0.3, "mode": -0.3},
        light=False,
        mean=0.0,
        face="cinzel",
        layouts=("foot", "apart", "head"),
    ),
    "wound": Composition(
        plan=wound.plan,
        base=0.0,
        calls={"loudness": 0.7, "centroid": -0.3, "dynamics": -0.3},
        light=False,
        mean=0.0,
        face="oswald",
        layouts=("left", "right", "foot"),
    ),
    "static": Composition(
        plan=static.plan,
        base=-0.2,
        calls={"flatness": 0.7, "centroid": 0.5},
        light=False,
        mean=0.0,
        face="oswald",
        layouts=("left", "foot"),
    ),
    "seal": Composition(
        plan=seal.plan,
        base=0.1,
        calls={"tempo": 0.7, "bass": -0.3, "dynamics": -0.2},
        light=False,
        mean=0.0,
        face="cinzel",
        layouts=("foot", "head"),
    ),
}
