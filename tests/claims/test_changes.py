"""thresher.claims.changes: each does its one wrong thing, and the catalogue stays as it is."""

from dataclasses import replace

import pytest
import torch

from thresher.claims.changes import CHANGES, changed
from thresher.errors import ThresherError
from thresher.models import family_named
from thresher.models.family import Batch, ExamplesRequest
from thresher.models.samplernn.config import SampleRNNConfig

FAMILY = family_named("samplernn")
CONFIG = SampleRNNConfig(dim=8, embedding_dim=4, layers=1, block=64)
CODES = torch.randint(0, 256, (2, 16 + 64), generator=torch.Generator().manual_seed(0))


def built(change):
    torch.manual_seed(0)
    return changed(FAMILY, change).stages[0].build(CONFIG)


def logits(network, codes=CODES):
    return network(codes, network.initial_state(len(codes)))[0]


def test_without_a_change_the_record_is_the_catalogues_own():
    assert changed(FAMILY, "") is FAMILY


def test_rectified_logits_are_never_negative():
    assert logits(built("")).min() < 0
    assert logits(built("relu-on-logits")).min() == 0


def test_heights_take_the_place_of_vectors_and_are_not_learned():
    embedding = built("raw-heights").sample_level.embedding
    assert not embedding.requires_grad
    assert torch.equal(embedding[:, 0], embedding[:, 3])
    assert (embedding[1:, 0] > embedding[:-1, 0]).all()


def test_without_its_window_the_sample_level_does_not_hear_the_last_sample():
    moved = CODES.clone()
    moved[:, 40] += 1  # inside a frame: the tier hears it only later
    for change, hears in (("", True), ("no-sample-window", False)):
        network = built(change)
        differs = (logits(network, moved) - logits(network)).abs().sum(-1)[0] > 0
        assert bool(differs[40 - 16 + 1]) == hears


def test_clipped_elements_of_a_gradient_stay_within_one():
    network = built("clip-elements")
    (1e4 * logits(network).logsumexp(-1).mean()).backward()
    assert max(float(p.grad.abs().max()) for p in network.parameters() if p.grad is not None) <= 1


class Examples:
    steps_per_epoch = 4

    def batch(self, step):
        return Batch({}, fresh=step % 2 == 0)


@pytest.mark.parametrize(
    ("change", "split", "fresh"),
    [
        ("state-zeroed", "training", [True, True, True, True]),
        ("state-zeroed", "validation", [True, True, True, True]),
        ("state-never-reset", "training", [True, False, False, False]),
        ("state-never-reset", "validation", [True, False, True, False]),
    ],
)
def test_memory_is_kept_or_dropped_as_the_change_says(change, split, fresh):
    stage = replace(FAMILY.stages[0], examples=lambda request: Examples())
    request = object.__new__(ExamplesRequest)  # nothing but the split is asked for
    object.__setattr__(request, "split", split)
    examples = CHANGES[change](stage).examples(request)
    assert [examples.batch(step).fresh for step in range(4)] == fresh


def test_an_unknown_change_suggests_the_nearest():
    with pytest.raises(ThresherError) as told:
        changed(FAMILY, "relu-on-logit")
    assert "relu-on-logits" in told.value.hint
