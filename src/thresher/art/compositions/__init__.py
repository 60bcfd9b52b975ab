"""Eight ways to make a picture of a song, and which one a song asks for."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

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
from thresher.art.fields import Plane

__all__ = ["COMPOSITIONS", "Composition", "Framing", "Painter", "Plates", "Scene", "frame"]


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
    subject: tuple[float, float] | None = None
    """Top and bottom of what must stay clear of the lettering, where it is one thing."""

    def painter(self, scene: Scene, framing: "Framing") -> Painter:
        """Ready to paint, the subject moved clear of the type."""
        paint = self.plan(dataclasses.replace(scene, pixel=scene.pixel * framing.zoom))

        def framed(x: Plane, y: Plane) -> Plates:
            zoom = np.float32(framing.zoom)
            return paint(x * zoom, (y - np.float32(framing.down)) * zoom)

        return framed


class Framing(NamedTuple):
    """Where the camera stands: how far back, and how far the picture moves down."""

    zoom: float = 1.0
    down: float = 0.0


def frame(subject: tuple[float, float] | None, free: tuple[float, float]) -> Framing:
    """Fit a subject into the free stretch of a picture; it is never made larger."""
    if subject is None:
        return Framing()
    top, bottom = subject
    zoom = max(1.0, (bottom - top) / (free[1] - free[0]))
    return Framing(zoom, (free[0] + free[1]) / 2 - (top + bottom) / 2 / zoom)


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
        subject=(-0.84, 0.44),
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
        subject=(-0.90, 0.54),
    ),
}
