"""Made songs, and designs cheap enough to draw dozens of."""

from collections.abc import Callable

import numpy as np
import pytest

from thresher.art import design as design_module
from thresher.art import fields
from thresher.art.character import Character
from thresher.art.config import ArtConfig
from thresher.art.design import Design, design
from thresher.art.listening import SAMPLE_RATE, Portrait, portray
from thresher.art.palette import to_lab
from thresher.art.press import develop, expose


def made_song(*, seconds: float = 12.0, note_hz: float = 110.0, bpm: float = 120.0, seed: int = 0):
    """A low note, a pulse of noise, and a loud second half."""
    dice = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    beat = np.exp(-((time * bpm / 60) % 1) * 8)
    loud = np.where(time > seconds / 2, 1.0, 0.3)
    tone = np.sign(np.sin(2 * np.pi * note_hz * time)) * 0.1
    return ((tone + 0.3 * beat * dice.standard_normal(len(time))) * loud).astype(np.float32)


@pytest.fixture(autouse=True)
def coarse_network(monkeypatch):
    """Network, noise and proof on a sixteenth of the points: the same picture, smoother."""
    monkeypatch.setattr(fields, "LATTICE", 160)
    monkeypatch.setattr(fields, "ROWS", 8)
    monkeypatch.setattr(fields, "NOISE", 256)
    monkeypatch.setattr(design_module, "PREVIEW", 96)


@pytest.fixture(scope="session")
def song() -> Portrait:
    return portray(made_song())


@pytest.fixture(scope="session")
def usual() -> Character:
    return Character(*[0.0] * 8)


Proof = Callable[[Design, int], np.ndarray]


@pytest.fixture(scope="session")
def proof() -> Proof:
    """OKLab of a design at a size, sampled without the finer grid of `Design.render`."""

    def draw(plan: Design, size: int = 96) -> np.ndarray:
        plates = expose(plan.painter(size), size, points=2**16, threads=1)
        sheet = develop(plates, plan.look, plan.scene.grit, points=2**16, threads=1)
        return to_lab(sheet / np.float32(255))

    return draw


@pytest.fixture(scope="session")
def bare() -> Callable[..., Design]:
    """A design without lettering."""

    def plan(song: Portrait, character: Character, *, seed: int = 5, **settings) -> Design:
        config = ArtConfig(lettering=False, **settings)
        return design(song, character, seed=seed, config=config)

    return plan
