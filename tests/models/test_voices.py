"""thresher.models.voices: which groups play, and who is refused."""

import numpy as np
import pytest
import torch

from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine
from thresher.models.voices import LaneSampler

ENGINES = (Engine("torch"), Engine("compiled"), Engine("cuda"))


class Silent:
    """Clips that play the number of their group's kind."""

    def __init__(self, letter, requests) -> None:
        self.letter, self.clips = letter, len(requests)

    def play(self, count):
        return np.full((self.clips, count), self.letter, np.int32)

    def state(self):
        return {"done": np.zeros(self.clips, np.int64)}

    def restore(self, state): ...


def sampler(engine, made):
    """A sampler that notes how many clips each group was made for."""

    def kind(letter):
        def group(requests, known):
            made.append(len(requests))
            return Silent(letter, requests)

        return group

    return LaneSampler(
        engine,
        np.array([0.0, 0.5], np.float32),
        lambda audio: audio.astype(np.int32),
        engines=ENGINES,
        twins=lambda: kind(0),
        twin_lanes=4,
        recorded=lambda: kind(1),
        recorded_lanes=6,
        compiled=lambda alone: kind(0),
    )


def requests(clips):
    return [ClipRequest(seed=seed, length_samples=3) for seed in range(clips)]


@pytest.mark.parametrize("engine", [Engine("cuda", "int8"), Engine("torch", "bfloat16")])
def test_an_engine_that_the_family_has_not_is_refused(engine):
    with pytest.raises(ThresherError, match=f"{engine.name}' in {engine.precision}"):
        sampler(engine, [])


def test_a_gpu_that_is_not_there_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ThresherError, match="'cuda' needs a GPU") as caught:
        sampler(Engine("cuda"), [])
    assert "compiled" in caught.value.hint


def test_a_gpu_plays_clips_by_its_own_number(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    made: list[int] = []
    played = sampler(Engine("cuda"), made)
    assert played.lanes == 6
    assert (played.start(requests(14)).play(3) == np.full((14, 3), 0.5)).all()
    assert made == [6, 6, 2]


def test_the_twin_plays_clips_by_its_own_number():
    made: list[int] = []
    assert (sampler(Engine("torch"), made).start(requests(9)).play(2) == 0).all()
    assert made == [4, 4, 1]
