"""WaveNet learns: the overfitting and conditioning claims of the specification."""

import numpy as np
import pytest
import torch

from thresher.audio.quantise import decode, encode, mu_law_encode
from thresher.claims.sounds import plucks
from thresher.models.family import Batch, ClipRequest, Engine, render
from thresher.models.wavenet import FAMILY
from thresher.models.wavenet.config import WaveNetConfig, doublings
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.sampler import wavenet_sampler

RATE = 16_000


def overfit(config: WaveNetConfig, batch: Batch, steps: int, learning_rate: float = 1e-3) -> list:
    """Bits of every step on one batch, by Adam."""
    torch.manual_seed(0)
    network = WaveNet(config)
    adam = torch.optim.Adam(network.parameters(), lr=learning_rate)
    bits = []
    for _ in range(steps):
        loss = FAMILY.stages[0].loss(network, batch, {})
        adam.zero_grad()
        loss.value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        bits.append(loss.report["bits"].item())
    return bits


def pluck_batch(config: WaveNetConfig, clips: int, targets: int) -> Batch:
    """Pieces from evenly spread places of the pluck clip."""
    sound = plucks(10.0)
    length = config.receptive_field + targets
    starts = np.linspace(0, len(sound) - length, clips).astype(int)
    pieces = np.stack([sound[start : start + length] for start in starts])
    return Batch(
        {
            "codes": torch.from_numpy(mu_law_encode(pieces).astype(np.int64)),
            "heights": torch.from_numpy(np.round(pieces * 32_768) / 32_768).float(),
            "first": torch.zeros(clips, dtype=torch.int64),
        },
        fresh=True,
    )


def test_a_small_network_learns_the_plucks():
    config = WaveNetConfig(dilations=doublings(64, 1), skip_channels=64)
    bits = overfit(config, pluck_batch(config, 2, 800), 60, 4e-3)
    assert bits[0] == pytest.approx(8.0, abs=0.1)
    assert np.mean(bits[-5:]) < 5.0


@pytest.mark.parametrize("output", ["logistics", "gaussian"])
def test_continuous_outputs_learn_and_their_bits_compare_with_a_softmax(output):
    config = WaveNetConfig(
        dilations=doublings(64, 1), skip_channels=64, input="scalar", output=output, mixtures=3
    )
    bits = overfit(config, pluck_batch(config, 2, 800), 60, 4e-3)
    assert np.mean(bits[-5:]) < 6.0


@pytest.mark.slow
def test_acceptance_two_blocks_of_nine_overfit_below_3_2_bits():
    config = WaveNetConfig(dilations=doublings(256, 2), skip_channels=64)
    bits = overfit(config, pluck_batch(config, 4, 2000), 400)
    print(f"\nmeasured {bits[-1]:.2f} bits at step 400, {bits[0]:.2f} at the first")
    assert bits[0] == pytest.approx(8.0, abs=0.1)
    assert bits[-1] < 3.2


@pytest.mark.slow
def test_claim_an_artist_label_chooses_the_tone():
    """The reference's own test: three sines, one network, ten times the power."""
    tones = (155.56, 196.0, 233.08)
    config = WaveNetConfig(
        dilations=doublings(256, 1),
        skip_channels=32,
        artists=("low", "middle", "high"),
        sample_rate=2_000,
        block=500,
    )
    seconds = np.arange(4_000) / 2_000
    sines = np.stack([np.sin(2 * np.pi * hz * seconds) for hz in tones]) * 0.8
    codes = torch.from_numpy(encode(sines, "mu-law").astype(np.int64))
    torch.manual_seed(0)
    network = WaveNet(config)
    adam = torch.optim.Adam(network.parameters(), lr=3e-3)
    silent = torch.full((3, config.receptive_field), 128)
    for step in range(300):
        if step % 3 == 0:  # a clip begins after silence, so that must be learnt too
            piece = torch.cat([silent, codes[:, :500]], dim=1)
        else:
            start = int(torch.randint(0, 4_000 - 500 - config.receptive_field, ()))
            piece = codes[:, start : start + config.receptive_field + 500]
        tensors = {"codes": piece, "artists": torch.eye(3), "first": torch.zeros(3).long()}
        loss = FAMILY.stages[0].loss(network, Batch(tensors, fresh=True), {})
        adam.zero_grad()
        loss.value.backward()
        adam.step()
    sampler = wavenet_sampler({"network": network.eval()}, config, Engine())
    requests = [
        ClipRequest(seed=i, length_samples=2_000, artists={name: 1.0}, temperature=0.5)
        for i, name in enumerate(config.artists)
    ]
    sound = np.concatenate(list(render(sampler, requests)), axis=1)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(1_000) / 2_000, tones))
    power = np.abs(sound[:, 1_000:] @ waves) ** 2
    for chosen in range(3):
        others = np.delete(power[chosen], chosen)
        print(f"{config.artists[chosen]}: {power[chosen, chosen] / others.max():.0f} times")
        assert power[chosen, chosen] > 10 * others.max()


def test_decoded_codes_are_transparent_enough_to_be_asked_for():
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(mu_law_encode(decode(codes, "mu-law")), codes)
    sound = plucks(4.0)
    error = sound - decode(mu_law_encode(sound), "mu-law")
    assert 10 * np.log10((sound**2).mean() / (error**2).mean()) > 37.5
