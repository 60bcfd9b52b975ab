"""thresher.models.drums: causal, the same in a stream, silent in silence, alike at any level."""

import numpy as np
import pytest
import torch

from tests.models.drums.tiny_drums import RATE, tiny_networks
from thresher.audio.bands import analyse, erb_bands, over_bins, with_gains
from thresher.corpus.made_songs import made_song
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.ear import Ear
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.drums.sampler import DrumsSampler
from thresher.models.drums.taking import Taking, take_drums
from thresher.models.family import ClipRequest

HOP = RATE // 100


def mix(seconds=2.0, seed=0):
    made = made_song(seed, seconds, RATE)
    return made.drums + made.backing


def test_the_first_network_has_the_weights_it_is_known_for():
    assert GainNetwork(DrumsConfig()).weights == 400_417


def test_gains_lie_between_nothing_and_one_and_multiply_the_mix():
    networks, sound = tiny_networks(repair=False), mix()
    taken = take_drums(networks, sound)

    assert taken.gains.min() >= 0
    assert taken.gains.max() <= 1
    bins = over_bins(taken.gains, erb_bands(RATE, HOP))
    assert np.abs(with_gains(sound, bins, HOP) - taken.drums).max() < 1e-5
    assert len(taken.gains) == len(analyse(sound, HOP))


@pytest.mark.parametrize("repair", [False, True])
def test_silence_in_is_silence_out(repair):
    taken = take_drums(tiny_networks(repair=repair), np.zeros(RATE, np.float32))

    assert not taken.drums.any()


def test_a_mix_ten_times_softer_gets_the_same_gains():
    networks, sound = tiny_networks(), mix()

    loud, soft = (take_drums(networks, scale * sound).gains for scale in (1, np.float32(0.1)))
    assert np.abs(loud - soft).max() < 0.02


@pytest.mark.parametrize(("block", "ahead"), [(1, 0), (7, 0), (7, 2), (100, 2)])
def test_a_stream_equals_the_whole(block, ahead):
    networks, sound = tiny_networks(loud=True, look_ahead=ahead), mix()
    whole = take_drums(networks, sound).drums
    stream, late = Taking(networks["gains"], networks["repair"]), (1 + ahead) * HOP
    padded = np.pad(sound, (0, late))
    size = block * HOP
    blocks = [stream.hear(padded[at : at + size]).drums for at in range(0, len(padded), size)]

    assert np.abs(np.concatenate(blocks)[late:] - whole).max() < 1e-5


@pytest.mark.parametrize("ahead", [0, 3])
def test_nothing_is_late_in_a_whole_mix(ahead):
    networks, sound = tiny_networks(repair=False, look_ahead=ahead), mix()
    networks["gains"].out.bias[:] = 100  # every gain is 1
    taken = take_drums(networks, sound)

    assert np.abs(taken.drums - sound).max() < 1e-5
    assert len(taken.gains) == len(analyse(sound, HOP))


def test_a_network_that_hears_ahead_sets_gains_by_what_is_to_come():
    plain, ahead = (tiny_networks(repair=False, look_ahead=frames)["gains"] for frames in (0, 2))
    sound = mix()

    late, early = (take_drums({"gains": network}, sound).gains for network in (plain, ahead))
    assert np.abs(early[:-2] - late[2 : len(early)]).max() < 1e-5


def test_the_networks_in_parallel_equal_the_stream():
    networks, sound = tiny_networks(loud=True), mix()
    stream = Taking(networks["gains"], networks["repair"]).hear(sound)
    heard, _ = Ear(RATE, 32).hear(sound)
    logits = networks["gains"](torch.from_numpy(heard.features)[None])
    inputs = torch.from_numpy(np.stack([stream.mix, stream.first, stream.struck]))[None]
    reach = networks["repair"].config.repair_reach
    drums = networks["repair"](torch.nn.functional.pad(inputs, (reach, 0)))

    assert np.abs(torch.sigmoid(logits)[0, :, :-1].numpy() - stream.gains).max() < 1e-5
    assert np.abs(drums[0].numpy() - stream.drums).max() < 1e-5


def test_the_future_changes_nothing_that_was_played():
    networks, sound = tiny_networks(loud=True), mix()
    changed, half = sound.copy(), 100 * HOP
    changed[half:] = np.random.default_rng(0).uniform(-1, 1, len(sound) - half)
    before, after = (
        Taking(networks["gains"], networks["repair"]).hear(s) for s in (sound, changed)
    )

    assert np.array_equal(before.drums[:half], after.drums[:half])
    assert not np.array_equal(before.drums[half:], after.drums[half:])


def test_the_second_network_changes_nothing_before_it_has_learned():
    taken = take_drums(tiny_networks(), mix())

    assert np.array_equal(taken.drums, taken.first)
    config = DrumsConfig()
    heard = torch.randn(2, 3, config.repair_reach + 50)
    assert torch.equal(RepairNetwork(config)(heard), heard[:, 1, -50:])


def test_gains_that_may_not_fall_faster_do_not():
    sound = mix()
    floored = take_drums(tiny_networks(decay_floor=0.9, repair=False), sound).gains

    assert (floored[1:] >= 0.9 * floored[:-1] - 1e-6).all()


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_clip_is_in_the_time_of_the_sound_it_follows(ahead):
    networks, sound = tiny_networks(loud=True, look_ahead=ahead), mix()
    voices = DrumsSampler(networks["gains"], networks["repair"]).start(
        [ClipRequest(seed=0, length_samples=len(sound), sound=sound)]
    )

    [clip] = voices.play(len(sound))
    assert np.abs(clip - np.clip(take_drums(networks, sound).drums, -1, 1)).max() < 1e-5


def test_without_a_sound_another_song_is_made_up_for_every_seed():
    networks = tiny_networks()
    requests = [ClipRequest(seed=seed, length_samples=100) for seed in (1, 2)]
    one, other = DrumsSampler(networks["gains"], None).start(requests).play(RATE)

    assert np.abs(one).max() > 1e-3
    assert not np.allclose(one, other)


def test_a_network_that_forgets_hears_every_stretch_alone():
    networks, features = tiny_networks(forget_every=3, repair=False), torch.randn(2, 12, 96)
    network = networks["gains"]
    moved = features[:, [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]]
    back = network(moved)[:, [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]]

    assert torch.allclose(network(features), back, atol=1e-6)
    assert not torch.allclose(network(features), network(features.roll(1, dims=1)).roll(-1, 1))


@pytest.mark.parametrize("block", [1, 2, 5])
def test_forgetting_comes_at_the_same_frames_however_a_mix_is_cut(block):
    network = tiny_networks(forget_every=3, repair=False)["gains"]
    features, past, made = torch.randn(1, 12, 96), {}, []
    for some in features.split(block, dim=1):
        out, past = network.play_from(past, some)
        made.append(out)

    assert torch.allclose(torch.cat(made, dim=1), network(features), atol=1e-6)
