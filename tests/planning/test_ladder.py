"""thresher.planning.ladder: rungs that can be worked out by hand."""

import numpy as np
import pytest

from thresher.audio.quantise import bin_edges, bin_widths, mu_law_encode
from thresher.planning.ladder import block_bits, zero_order_bits

EDGES = np.concatenate([[-np.inf], bin_edges("mu-law")[1:-1], [np.inf]])


def bits_of(sound, order=32):
    return block_bits(sound, mu_law_encode(sound[order:]), EDGES, order)


def test_even_codes_cost_all_their_bits_and_one_code_costs_none():
    assert zero_order_bits(np.ones(256)) == pytest.approx(8.0)
    assert zero_order_bits(np.array([0.0, 7.0])) == 0.0


def test_gaussian_noise_costs_its_entropy_less_the_width_of_its_bins():
    noise = np.clip(np.random.default_rng(0).normal(size=20_032) * 0.1, -1, 1)

    # Of a Gaussian, in bits: log2 of sigma sqrt(2 pi e); each bin takes away its own width.
    widths = bin_widths("mu-law")[mu_law_encode(noise[32:])]
    entropy = np.log2(0.1 * np.sqrt(2 * np.pi * np.e)) - np.log2(widths).mean()
    assert bits_of(noise) == pytest.approx(entropy, abs=0.03)


def test_what_a_filter_made_is_predicted_down_to_what_drove_it():
    random = np.random.default_rng(1)
    drive = random.normal(size=8_000) * 0.01
    sound = np.zeros(8_000)
    for n in range(2, 8_000):
        sound[n] = 1.9 * sound[n - 1] - 0.95 * sound[n - 2] + drive[n]
    sound = sound / np.abs(sound).max() * 0.8
    white = random.permutation(sound)

    # The filter's gain in deviation is what prediction saves.
    gain = np.log2(sound.std() / (0.8 * drive.std() / np.abs(sound).max()))
    assert gain < 0 or bits_of(white) - bits_of(sound) > 2


def test_a_tone_costs_next_to_nothing():
    tone = 0.5 * np.sin(0.05 * np.arange(2_080))

    assert bits_of(tone) < 0.5


def test_far_tails_cost_a_finite_number_of_bits():
    sound = np.zeros(2_080)
    sound[1_000] = 0.9

    assert np.isfinite(bits_of(sound))
