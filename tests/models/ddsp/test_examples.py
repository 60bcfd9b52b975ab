"""thresher.models.ddsp.examples: windows with their melody; fitting to a corpus."""

import numpy as np
import pytest
import torch

from tests.models.ddsp.tiny_instrument import TINY
from thresher.audio.files import write_flac
from thresher.corpus import CorpusConfig, build_corpus
from thresher.corpus.sources import Source
from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.examples import melody_windows
from thresher.models.ddsp.fitting import fit_to_melody, midi_of
from thresher.models.family import ExamplesRequest
from thresher.workspace import Workspace


def examples(corpus, split="training", batch_size=2, **settings):
    config = fit_to_melody(DDSPConfig(**{**TINY, **settings}), corpus)
    return melody_windows(
        ExamplesRequest(corpus=corpus, config=config, split=split, batch_size=batch_size, seed=0)
    )


def test_sound_and_curves_lie_beside_each_other(notes):
    batch = examples(notes).batch(0)
    audio, f0 = batch.tensors["audio"], batch.tensors["f0_hz"]
    assert audio.shape == (2, notes.window_samples)
    assert f0.shape == batch.tensors["loudness_db"].shape == (2, notes.window_samples // 64)
    # The tracker's pitch is where most of the energy lies.
    for sound, pitch, loud in zip(audio, f0, batch.tensors["loudness_db"], strict=True):
        frame = int(loud.argmax())
        piece = sound[frame * 64 : frame * 64 + 2048]
        spectrum = torch.fft.rfft(piece * torch.hann_window(len(piece)), 2048).abs()
        assert spectrum.argmax() * 16_000 / 2048 == pytest.approx(float(pitch[frame]), rel=0.05)


def test_an_epoch_hears_every_window_once(notes):
    found = examples(notes, batch_size=1)
    starts = {
        found.batch(step).tensors["audio"].sum().item() for step in range(found.steps_per_epoch)
    }
    assert len(starts) == found.steps_per_epoch == len(notes.windows("training"))


def test_a_crop_lies_inside_its_window_and_validation_is_never_cropped(notes):
    cropped = examples(notes, crop_frames=50)
    assert cropped.batch(3).tensors["f0_hz"].shape == (2, 50)
    assert cropped.batch(3).tensors["audio"].shape == (2, 3200)
    whole = examples(notes, "validation", crop_frames=50).batch(0).tensors["f0_hz"]
    assert whole.shape[1] == notes.window_samples // 64


def test_the_room_learns_after_its_time_and_counts_in_validation(notes):
    found = examples(notes, reverb_frozen_steps=3)
    assert [found.batch(s).tensors["room_learns"].mean().item() for s in (0, 2, 3)] == [0, 0, 1]
    held = examples(notes, "validation", reverb_frozen_steps=3)
    assert held.batch(0).tensors["room_learns"].mean() == 1


def test_fitting_finds_where_and_how_loud_it_plays(notes):
    config = fit_to_melody(DDSPConfig(), notes)
    assert 62 < config.pitch_mean < 70
    assert len(config.loudness_quantiles) == 21
    assert (np.diff(config.loudness_quantiles) >= 0).all()
    assert fit_to_melody(config, notes) == config


def test_a_corpus_without_a_melody_is_refused_with_the_remedy(tmp_path):
    write_flac(tmp_path / "a.flac", 0.5 * np.sin(np.arange(32_000) / 20), 16_000)
    config = CorpusConfig(window_seconds=0.5)
    corpus = build_corpus(
        Workspace(tmp_path / "w"), "a", [Source(tmp_path / "a.flac", "A")], config
    )
    with pytest.raises(ThresherError, match="knows no melody") as caught:
        fit_to_melody(DDSPConfig(), corpus)
    assert "recipe=instrument" in caught.value.hint


def test_pitch_is_told_in_keys():
    assert midi_of(np.array([220.0, 440.0])).tolist() == [57, 69]
