"""thresher.models.wavenet.examples: every sample is a target exactly once per epoch."""

import numpy as np
import pytest
import soundfile
import torch

from thresher.corpus import CorpusConfig, Source, build_corpus
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.examples import MusicPieces, stretches_of

RATE, BLOCK = 8_000, 3_000


@pytest.fixture
def corpus(workspace, tmp_path):
    """A rising sweep and a short falling one, by two artists."""
    sources = []
    for name, seconds, slope in (("rise", 20, 20), ("fall", 3, -30)):
        t = np.arange(seconds * RATE) / RATE
        sound = 0.5 * np.sin(2 * np.pi * (300 + slope * t) * t) * (0.2 + t / 30)
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE)
        sources.append(Source(tmp_path / f"{name}.wav", name))
    config = CorpusConfig(sample_rate=RATE, window_seconds=1.024)
    return build_corpus(workspace, "sweeps", sources, config)


def pieces(corpus, *, split="training", batch_size=2, seed=0, **settings):
    shape = {"dilations": (1, 2, 4, 8, 16, 32), "block": BLOCK}
    return MusicPieces(
        corpus,
        WaveNetConfig(**{**shape, **settings}),
        windows=corpus.windows(split),
        batch_size=batch_size,
        seed=seed,
        learning=split == "training",
    )


def inside(corpus, split):
    """Which samples lie in windows of a split."""
    there = np.zeros(len(corpus.codes), bool)
    for start, _ in corpus.windows(split):
        there[start : start + corpus.window_samples] = True
    return there


def test_an_epoch_asks_for_every_training_sample_exactly_once(corpus):
    made = pieces(corpus, batch_size=1)
    asked = np.zeros(len(corpus.codes), int)
    for index, wanted in made._pieces:
        stretch = made._stretches[index]
        start = min(wanted, stretch.stop - BLOCK)
        row = made._piece(index, wanted)
        first = int(row["first"])
        asked[start + first : start + BLOCK] += 1
        expected = corpus.codes[start + first : start + BLOCK]
        assert np.array_equal(row["codes"][-BLOCK + first :].numpy(), expected)
    assert np.array_equal(asked, inside(corpus, "training").astype(int))
    seen = [made._choose(step)[0] for step in range(made.steps_per_epoch)]
    assert sorted(seen) == list(range(len(made._pieces)))


def test_epochs_are_shuffled_differently_and_seeds_too(corpus):
    one, other = pieces(corpus), pieces(corpus, seed=1)
    orders = [tuple(made._shuffle(epoch)) for made in (one, other) for epoch in (0, 1)]
    assert len(set(orders)) == 4


def test_a_step_always_gives_the_same_batch_in_any_order(corpus):
    one, other = pieces(corpus, code_noise=1.0), pieces(corpus, code_noise=1.0)
    forwards = [one.batch(step) for step in range(12)]
    for step in (11, 0, 7):
        for name, tensor in other.batch(step).tensors.items():
            assert torch.equal(tensor, forwards[step].tensors[name])
    assert all(batch.fresh for batch in forwards)


def test_the_past_of_a_piece_is_real_inside_a_stretch_and_silent_before_it(corpus):
    made = pieces(corpus)
    reach = made._config.receptive_field
    stretch = made._stretches[0]
    at_start, later = (made._piece(0, start)["codes"] for start in (stretch.start, BLOCK))
    assert (at_start[:reach] == corpus.silence_code).all()
    assert np.array_equal(later[:reach].numpy(), corpus.codes[BLOCK - reach : BLOCK])


def test_validation_never_hears_training_music(corpus):
    training = inside(corpus, "training")
    made = pieces(corpus, split="validation")
    reach = made._config.receptive_field
    for index, wanted in made._pieces:
        stretch = made._stretches[index]
        start = min(wanted, stretch.stop - BLOCK)
        heard = slice(max(start - reach, stretch.start, 0), start + BLOCK)
        assert not training[heard].any()
    assert made._pieces
    assert "inputs" not in pieces(corpus, split="validation", code_noise=1.0).batch(0).tensors


def test_noise_disturbs_what_is_read_and_not_what_is_asked(corpus):
    quiet, noisy = pieces(corpus), pieces(corpus, code_noise=1.0)
    assert torch.equal(quiet.batch(3).tensors["codes"], noisy.batch(3).tensors["codes"])
    tensors = noisy.batch(3).tensors
    assert 0.7 < (tensors["inputs"] - tensors["codes"]).float().std() < 1.4


def test_scalar_input_hears_decoded_codes_under_a_softmax_and_fine_heights_otherwise(corpus):
    coarse = pieces(corpus, input="scalar").batch(0).tensors["heights"]
    fine = pieces(corpus, input="scalar", output="logistics").batch(0).tensors["heights"]
    assert len(coarse.unique()) <= 256 < len(fine.unique())
    assert (coarse - fine).abs().max() < 0.05
    noisy = pieces(corpus, input="scalar", output="logistics", code_noise=0.5).batch(0).tensors
    assert (noisy["inputs"] - noisy["heights"]).abs().max() > 0


def test_curves_lie_under_the_music(corpus):
    hop = corpus.feature_hop
    made = pieces(corpus, local_features=("loudness",), local_channels=1, local_hop=hop)
    row = made._piece(0, 3 * BLOCK)
    first = 3 * BLOCK - made._config.receptive_field
    place = first - int(row["offset"])
    assert place % hop == 0
    expected = corpus.features["loudness"][place // hop :][: len(row["local"])]
    assert np.array_equal(row["local"].numpy(), expected)
    assert hop <= int(row["offset"]) < 2 * hop


def test_the_artist_of_a_piece_is_its_windows(corpus):
    made = pieces(corpus, artists=("rise", "fall"))
    found = {made._piece(i, start)["artists"].argmax().item() for i, start in made._pieces}
    assert found == {0, 1}


def test_stretches_join_windows_of_one_track_only():
    windows = np.array([[0, 0], [7, 0], [30, 0], [40, 0], [50, 1]])
    assert stretches_of(windows, 10, [0, 40, 50]) == [
        (0, 17, 0),
        (30, 40, 0),
        (40, 50, 0),
        (50, 60, 1),
    ]
