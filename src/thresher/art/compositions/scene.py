"""What every composition is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.art.character import Character
from thresher.art.fields import Channels, Plane, spread, wrapped
from thresher.art.listening import Portrait


class Plates(NamedTuple):
    """Two printing plates, 0 to 1: how far along the ramp, and how much accent ink."""

    key: Plane
    accent: Plane


Painter = Callable[[Plane, Plane], Plates]
"""Picture coordinates in, plates out; called once for every tile."""


@dataclass(frozen=True)
class Scene:
    """The song, what it is like, and the textures drawn for it."""

    portrait: Portrait
    character: Character
    channels: Channels
    smoke: Float32[np.ndarray, "noise noise"]
    """Soft noise: cloud, fog, stain."""
    grit: Float32[np.ndarray, "noise noise"]
    """Rough noise: stone, dust, frayed ink."""
    contour: Float32[np.ndarray, "bands columns"]
    """The spectrogram with every band set against its own mean: events, not tilt."""
    pixel: float
    """Width of a pixel of the coming picture, in picture coordinates."""
    seed: int

    def dice(self, salt: int = 0) -> np.random.Generator:
        """Chance for the composition's own choices; the same at every size."""
        return np.random.default_rng([self.seed, int(self.portrait.fingerprint[:8], 16), 7, salt])

    def drift(self, x: Plane, y: Plane, amount: float) -> tuple[Plane, Plane]:
        """Coordinates moved along the network's two drift channels."""
        return (
            x + amount * spread(self.channels.drift_x, x, y),
            y + amount * spread(self.channels.drift_y, x, y),
        )

    def cloud(self, x: Plane, y: Plane, scale: float) -> Plane:
        """Two octaves of soft noise with features of about ``scale`` of the picture."""
        u, v = x / (8 * scale), y / (8 * scale)
        return np.asarray(wrapped(self.smoke, u, v) + 0.35 * wrapped(self.grit, 3 * v, 3 * u))
