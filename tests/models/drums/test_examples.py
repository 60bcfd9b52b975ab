"""thresher.models.drums.examples: mixes of the songs learned from, true gains beside them."""

import numpy as np
import pytest
import torch

from tests.models.drums.tiny_drums import made_corpus, tiny_networks
from thresher.audio.bands import analyse, band_energies, erb_bands
from thresher.corpus import CorpusConfig, build_corpus
from thresher.errors import ThresherError
from thresher.models.drums import FAMILY
from thresher.models.drums.examples import gain_examples, repair_examples, tilt
from thresher.models.drums.loss import gains_apart, si_sdr_db, with_gains
from thresher.models.family import ExamplesRequest
from thresher.workspace import Workspace


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return made_corpus(Workspace(tmp_path_factory.mktemp("workspace")))


def request_for(corpus, split="training", **changes):
    networks = tiny_networks(**changes)
    return ExamplesRequest(
        corpus=corpus,
        config=networks["gains"].config,
        split=split,
        batch_size=3,
        seed=0,
        earlier=networks,
    )


@pytest.mark.parametrize("ahead", [0, 2])
def test_held_out_examples_are_the_songs_as_they_are(corpus, ahead):
    request = request_for(corpus, "validation", look_ahead=ahead)
    batch = gain_examples(request).batch(0).tensors
    [[start, _]] = corpus.stems.stretches("validation")
    config = request.config
    first = start + (config.lead_in - ahead) * config.hop

    piece = batch["drums"].shape[1]
    assert np.array_equal(batch["drums"][0], corpus.stems.drums[first : first + piece])
    mix = corpus.stems.drums + corpus.stems.backing
    begin = first - config.hop
    assert np.allclose(batch["mix"][0], mix[begin : begin + batch["mix"].shape[1]], atol=1e-6)


@pytest.mark.parametrize("ahead", [0, 2])
def test_the_wanted_gains_are_roots_of_energy_ratios_and_take_the_drums_out(corpus, ahead):
    request = request_for(corpus, "validation", look_ahead=ahead)
    batch, config = gain_examples(request).batch(0).tensors, request.config
    bands = erb_bands(config.sample_rate, config.hop)
    drums, mix = (batch[name][:1].numpy() for name in ("drums", "mix"))
    ours = band_energies(analyse(drums[0], config.hop)[5:6], bands)
    both = band_energies(analyse(mix[0], config.hop)[6:7], bands)

    assert np.allclose(batch["wanted"][0, 5], np.sqrt(np.minimum(ours / both, 1)), atol=1e-3)
    network = request.earlier["gains"]
    made = with_gains(batch["wanted"], batch["mix"], network.bands, config)
    plain = batch["mix"][:, config.hop : -config.hop]
    assert si_sdr_db(made, batch["drums"]) > si_sdr_db(plain, batch["drums"]) + 4


def test_what_the_network_hears_of_an_example_is_what_it_hears_of_the_song(corpus):
    """But for the loudest of late, which it has heard for longer."""
    request = request_for(corpus, "validation", lead_in=60)
    from thresher.models.drums.ear import Ear

    config = request.config
    batch = gain_examples(request).batch(0).tensors
    [[start, stop]] = corpus.stems.stretches("validation")
    stop = start + (stop - start) // config.hop * config.hop
    mix = corpus.stems.drums[start:stop] + corpus.stems.backing[start:stop]
    whole = Ear(config.sample_rate, config.bands).hear(mix)[0].features

    heard = batch["features"][0].numpy()
    assert np.allclose(heard, whole[config.lead_in :][: len(heard)], atol=1e-3)


def test_mixes_are_other_ones_every_time_and_never_of_held_out_songs(corpus):
    examples = gain_examples(request_for(corpus, silence=0.0, other_backing=0.0))
    one, other = (examples.batch(step).tensors["mix"] for step in (0, 1))

    assert not torch.equal(one, other)
    [[start, stop]] = corpus.stems.stretches("validation")
    held_out = corpus.stems.backing[start:stop]
    for row in (*one.numpy(), *other.numpy()):
        size = len(held_out) + len(row)
        alike = np.fft.irfft(np.fft.rfft(held_out, size) * np.fft.rfft(row, size).conj())
        assert np.abs(alike).max() < 0.6 * np.linalg.norm(held_out) * np.linalg.norm(row)


def test_some_examples_have_no_drums(corpus):
    batch = gain_examples(request_for(corpus, silence=1.0)).batch(0).tensors
    silent = ~batch["drums"].any(dim=1)

    assert silent.any()
    assert not batch["wanted"][silent].any()
    assert not batch["active"][silent].any()


@pytest.mark.parametrize("ahead", [0, 2])
def test_the_repairing_network_hears_what_the_first_one_makes_in_the_drums_time(corpus, ahead):
    request = request_for(corpus, "validation", look_ahead=ahead)
    batch = repair_examples(request).batch(0).tensors
    reach = request.config.repair_reach
    mix = batch["heard"][:, 0, reach:]

    # As late as the drums are: best without any shift.
    shifts = range(-3, 4)
    alike = [float((mix.roll(s, 1) * batch["drums"]).sum()) for s in shifts]
    assert shifts[int(np.argmax(alike))] == 0
    assert batch["heard"].shape[2] - reach == batch["drums"].shape[1]


def test_perfect_gains_cost_nothing_but_their_cross_entropy():
    config = tiny_networks()["gains"].config
    sure = torch.tensor([[[0.0, 1.0, 1.0]]])

    assert gains_apart(sure, sure, torch.ones_like(sure), config) < 1e-6
    assert gains_apart(1 - sure, sure, torch.ones_like(sure), config) > 5


def test_a_tilt_moves_bass_and_treble_apart_and_nothing_in_time():
    sound = np.zeros(800, np.float32)
    sound[400] = 1
    tilted = tilt(sound, 4.0, 8_000)
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(tilted)))

    assert np.abs(tilted).argmax() == 400
    assert spectrum[300] - spectrum[1] == pytest.approx(8, abs=1.5)


def test_a_corpus_without_stems_is_refused(tmp_path):
    from thresher.audio.files import write_flac

    write_flac(tmp_path / "song.flac", np.sin(np.arange(16_000) * 0.1), 8_000)
    config = CorpusConfig(sample_rate=8_000, window_seconds=0.5)
    plain = build_corpus(Workspace(tmp_path / "w"), "plain", [tmp_path / "song.flac"], config)

    with pytest.raises(ThresherError, match="no stems"):
        FAMILY.fit(FAMILY.config(), plain)
