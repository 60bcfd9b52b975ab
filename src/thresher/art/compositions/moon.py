"""What hangs in a sky: a full moon, a crescent, a ring, or nothing."""

from typing import NamedTuple

import numpy as np

from thresher.art.fields import Plane, line, smoothstep

PHASES = ("full", "full", "crescent", "ring")


class Moon(NamedTuple):
    """One body in the sky."""

    x: float
    y: float
    radius: float
    phase: str
    """One of `PHASES`."""
    turn: float
    """Towards where a crescent is lit, in radians."""

    def apart(self, x: Plane, y: Plane) -> Plane:
        """Distance from its middle."""
        return np.asarray(np.sqrt((x - self.x) ** 2 + (y - self.y) ** 2), dtype=np.float32)

    def shine(self, x: Plane, y: Plane, pixel: float) -> Plane:
        """How much of it is seen at a point, 0 to 1."""
        apart = self.apart(x, y)
        disc = smoothstep(self.radius + pixel, self.radius - pixel, apart)
        if self.phase == "full":
            return disc
        if self.phase == "ring":
            return line(apart - self.radius, 0.010 + 0.035 * self.radius, pixel)
        shift = 0.42 * self.radius
        inner = np.sqrt(
            (x - self.x + shift * np.cos(self.turn)) ** 2
            + (y - self.y + shift * np.sin(self.turn)) ** 2
        )
        return np.asarray(
            disc * smoothstep(0.93 * self.radius - pixel, 0.93 * self.radius + pixel, inner)
        )
