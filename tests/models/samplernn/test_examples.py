"""thresher.models.samplernn.examples: every batch is addressed by its step."""

import itertools

import numpy as np
import pytest
import soundfile
import torch

from thresher.corpus import CorpusConfig, Source, build_corpus
from thresher.errors import ThresherError
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.examples import MusicBlocks

RATE, BLOCK = 8_000, 256


@pytest.fixture
def corpus(workspace, tmp_path):
    """Thirty seconds of a rising sweep, so that any stretch tells where it came from."""
    t = np.arange(30 * RATE) / RATE
    sound = 0.5 * np.sin(2 * np.pi * (100 + 20 * t) * t) * (0.2 + t / 40)
    soundfile.write(tmp_path / "sweep.wav", sound, RATE)
    config = CorpusConfig(sample_rate=RATE, window_seconds=1.024)
    return build_corpus(workspace, "sweep", [Source(tmp_path / "sweep.wav", None)], config)


def blocks(corpus, *, split="training", batch_size=4, seed=0, **settings):
    shape = {"frame_sizes": (16,), "block": BLOCK, "dim": 8, "embedding_dim": 4}
    return MusicBlocks(
        corpus,
        SampleRNNConfig(**{**shape, **settings}),
        windows=corpus.windows(split),
        batch_size=batch_size,
        seed=seed,
        learning=split == "training",
    )


def test_a_step_always_gives_the_same_batch_in_any_order(corpus):
    one, other = blocks(corpus, code_noise=1.0), blocks(corpus, code_noise=1.0)
    forwards = [one.batch(step) for step in range(70)]
    for step in (69, 3, 40):
        for name, tensor in other.batch(step).tensors.items():
            assert torch.equal(tensor, forwards[step].tensors[name])


def test_blocks_of_a_walk_continue_each_other_and_only_the_first_is_fresh(corpus):
    made = blocks(corpus)
    walk = corpus.window_samples // BLOCK
    batches = [made.batch(step) for step in range(walk + 1)]
    assert [batch.fresh for batch in batches] == [True] + [False] * (walk - 1) + [True]
    for before, after in itertools.pairwise(batches[:walk]):
        codes, following = before.tensors["codes"], after.tensors["codes"]
        assert torch.equal(codes[:, -16:], following[:, :16])


def test_an_epoch_shows_every_window_and_starts_stay_inside_the_training_part(corpus):
    made = blocks(corpus, batch_size=1)
    windows = corpus.windows("training")
    walk = corpus.window_samples // BLOCK
    chosen = [made._choose(number) for number in range(len(windows))]
    assert sorted(int(index[0]) for index, _ in chosen) == list(range(len(windows)))
    last = windows[-1, 0] + corpus.window_samples
    assert all(windows[0, 0] <= start[0] <= last - corpus.window_samples for _, start in chosen)
    assert made.steps_per_epoch == len(windows) * walk


def test_validation_is_undisturbed_and_in_order(corpus):
    made = blocks(corpus, split="validation", code_noise=2.0)
    batch = made.batch(0)
    starts = corpus.windows("validation")[: len(batch.tensors["codes"]), 0]
    assert "inputs" not in batch.tensors
    for row, start in zip(batch.tensors["codes"], starts, strict=True):
        assert np.array_equal(row[16:], corpus.codes[start : start + BLOCK])


def test_noise_disturbs_what_is_read_and_not_what_is_asked(corpus):
    quiet, noisy = blocks(corpus), blocks(corpus, code_noise=1.0)
    assert torch.equal(quiet.batch(5).tensors["codes"], noisy.batch(5).tensors["codes"])
    tensors = noisy.batch(5).tensors
    off = (tensors["inputs"] - tensors["codes"]).float()
    assert 0.7 < off.std() < 1.4
    assert tensors["inputs"].min() >= 0
    assert tensors["inputs"].max() <= 255


def test_silence_comes_before_a_recording_begins(corpus):
    made = blocks(corpus)
    assert (made._codes(0)[:16] == corpus.silence_code).all()
    assert np.array_equal(made._codes(0)[16:], corpus.codes[: len(made._codes(0)) - 16])


def test_local_rows_follow_the_music(corpus):
    made = blocks(corpus, local_features=("loudness",), local_channels=1, local_hop=512)
    batch = made.batch(0)
    assert batch.tensors["local"].shape == (4, BLOCK // 16, 1)
    starts = made._choose(0)[1]
    order = np.argsort(starts)
    means = batch.tensors["local"].mean(dim=(1, 2)).numpy()[order]
    assert (np.diff(means) >= -0.05).all()  # the sweep grows louder


def test_a_window_shorter_than_a_block_is_refused(corpus):
    with pytest.raises(ThresherError, match="shorter than one block"):
        blocks(corpus, block=16_384)
