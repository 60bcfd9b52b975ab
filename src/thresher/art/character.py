"""What a song is like beside others, and what that decides about its cover."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from thresher.art.listening import Portrait

# Mean and deviation over the eight real metal songs of the development corpus (Sectoid
# 2007, Muldjord 2009; 27 minutes). Deviations are widened, because eight songs of one
# style lie closer together than the music people bring.
REFERENCE = {
    "tempo_bpm": (111.0, 45.0),
    "centroid_octaves": (6.02, 0.45),
    "flatness_db": (-11.6, 7.0),
    "loudness_db": (-16.0, 3.0),
    "dynamic_range_db": (5.5, 3.0),
    "onset_rate_hz": (6.0, 2.0),
    "low_high_db": (5.7, 4.0),
    "mode": (0.06, 0.18),
}
FEATURES = tuple(REFERENCE)


@dataclass(frozen=True)
class Character:
    """Eight deviations between -1 and 1 in the order of `FEATURES`; 0 is the usual song."""

    tempo: float
    centroid: float
    flatness: float
    loudness: float
    dynamics: float
    onsets: float
    bass: float
    mode: float

    @property
    def features(self) -> Float[np.ndarray, "8"]:
        """All eight as an array, for the network."""
        return np.array(
            [
                self.tempo,
                self.centroid,
                self.flatness,
                self.loudness,
                self.dynamics,
                self.onsets,
                self.bass,
                self.mode,
            ]
        )

    @property
    def detail(self) -> float:
        """0 to 1, more for a higher onset rate."""
        return 0.5 + 0.5 * self.onsets

    @property
    def folds(self) -> int:
        """Times the network repeats around the middle, 2 to 7, more for a higher tempo.

        Whole numbers, since anything between would leave a seam.
        """
        return round(4.5 + 2.5 * self.tempo)

    @property
    def symmetry(self) -> float:
        """0 to 1: bass-heavy songs are alike on the left and the right."""
        return 0.5 + 0.5 * self.bass

    @property
    def vignette(self) -> float:
        """Lightness lost in the corners, more for bass-heavy songs."""
        return 0.20 + 0.16 * self.bass

    @property
    def exposure(self) -> float:
        """-1 to 1, lighter for a higher spectral centroid."""
        return self.centroid

    @property
    def hardness(self) -> float:
        """0 to 1: contrast, more for a wider dynamic range."""
        return 0.5 + 0.5 * self.dynamics


def character(
    song: Portrait, release: Sequence[Portrait] = (), *, strength: float = 1.0
) -> Character:
    """A song's deviations within its release, or from `REFERENCE` when it stands alone.

    Args:
        song: the song.
        release: all songs of its release, itself included; fewer than two do not count.
        strength: scales every deviation; 0 makes all songs average.
    """
    values = np.array([getattr(song, name) for name in FEATURES])
    mean, deviation = np.array(list(REFERENCE.values())).T
    if len(release) > 1:
        others = np.array([[getattr(one, name) for name in FEATURES] for one in release])
        # Songs recorded in one room differ by hairs; a quarter keeps hairs from shouting.
        mean, deviation = others.mean(0), np.maximum(others.std(0), 0.25 * deviation)
    return Character(*(strength * np.tanh((values - mean) / deviation / 1.5)).tolist())
