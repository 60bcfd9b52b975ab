"""Every family of the catalogue keeps the one contract of thresher.models.family."""

import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from thresher.audio.files import write_flac
from thresher.corpus import CorpusConfig, build_corpus
from thresher.corpus.sources import Source
from thresher.errors import ThresherError
from thresher.models import FAMILIES, family_named
from thresher.models.checkpoint import Checkpoint, open_checkpoint, save_checkpoint
from thresher.models.family import ClipRequest, ExamplesRequest, Sampler, render
from thresher.models.fitting import fit_to_corpus
from thresher.models.wavenet.config import WaveNetConfig
from thresher.settings import explanations, from_mapping, to_mapping
from thresher.training import TrainingConfig
from thresher.workspace import Workspace

RATE = 8_000
MELODIC = ("ddsp",)
"""Families that learn from notes, whose pitch and loudness the corpus knows; at the rate that
pitch trackers hear."""
PAIRED = ("amp",)
"""Families that learn from what went into an amplifier and what came out."""
STEMMED = ("drums",)
"""Families that learn from drums and everything else."""
LENGTH = 200
LOUDER = 3.0

TINY = {
    "samplernn": (
        {"frame_sizes": [4], "dim": 32, "embedding_dim": 8, "block": 128},
        {
            "frame_sizes": [2, 8, 16],
            "dim": 24,
            "sample_dim": 16,
            "embedding_dim": 8,
            "block": 128,
            "cell": "lstm",
            "layers": 2,
            "skips": True,
            "weight_norm": True,
            "initial_state": "random",
            "local_features": ["loudness"],
        },
    ),
    "wavenet": (
        {
            "dilations": [1, 2, 4, 8, 1, 2, 4, 8],
            "residual_channels": 16,
            "dilation_channels": 16,
            "skip_channels": 32,
            "block": 128,
        },
        {
            "dilations": [1, 2, 4],
            "filter_width": 3,
            "residual_channels": 12,
            "dilation_channels": 16,
            "skip_channels": 24,
            "input": "scalar",
            "initial_filter_width": 8,
            "artist_dim": 4,
            "local_features": ["loudness", "chroma"],
            "context_dilations": [1, 4, 16],
            "context_channels": 8,
            "block": 128,
        },
    ),
    "ddsp": (
        {
            "harmonics": 20,
            "noise_bands": 9,
            "stack_layers": 1,
            "stack_width": 16,
            "gru_width": 16,
            "reverb_taps": 400,
            "fft_sizes": [512, 64],
        },
        {
            "synthesizer": "am",
            "noise_bands": 9,
            "stack_layers": 0,
            "gru_width": 16,
            "z_width": 2,
            "z_gru_width": 8,
            "reverb": "decay",
            "reverb_taps": 400,
            "fft_sizes": [512, 64],
        },
        {
            "synthesizer": "fm6",
            "noise_bands": 0,
            "tcn_channels": 12,
            "tcn_dilations": [1, 2],
            "tcn_dropout": 0.0,
            "reverb": "none",
            "fft_sizes": [512, 64],
        },
    ),
    "amp": (
        {
            "channels": [4, 2],
            "dilations": [[1, 2, 4], [1, 8]],
            "head_scale": 0.5,
            "output_samples": 512,
        },
        {
            "architecture": "va",
            "channels": [4, 4],
            "dilations": [[1, 2, 4], [1, 2]],
            "gated": True,
            "loss": "error-to-signal",
            "output_samples": 512,
        },
        {
            "architecture": "lstm",
            "hidden": 8,
            "warm_up": 20,
            "loss": "error-to-signal",
            "segment_samples": 600,
            "update_samples": 200,
        },
    ),
    "drums": (
        {
            "repair": True,
            "width": 8,
            "memories": 1,
            "sequence": 30,
            "repair_channels": 4,
            "repair_dilations": [1, 2, 4],
            "repair_frames": 20,
            "repair_lead_in": 10,
        },
        {
            "bands": 16,
            "width": 12,
            "memories": 2,
            "taps": 2,
            "sequence": 20,
            "repair_channels": 3,
            "repair_dilations": [1, 4],
            "repair_frames": 20,
            "repair_lead_in": 10,
            "decay_floor": 0.6,
        },
    ),
}
"""By family: settings under which it trains in seconds, one for each way it may be built."""

families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
variants = pytest.mark.parametrize(
    ("family", "settings"),
    [
        pytest.param(family, settings, id=f"{family.name}-{number}")
        for family in FAMILIES
        for number, settings in enumerate(TINY.get(family.name, ()))
    ],
)

playable = pytest.mark.parametrize(
    ("family", "settings", "engine"),
    [
        pytest.param(family, settings, engine, id=f"{family.name}-{number}-{engine.name}")
        for family in FAMILIES
        for number, settings in enumerate(TINY.get(family.name, ()))
        for engine in family.engines(from_mapping(family.config, settings))
        if engine.precision == "float32" and engine.name != "cuda"
    ],
)


@pytest.fixture(autouse=True)
def _one_thread():
    """Products this small only wait for each other on two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def corpus(request):
    """What the family under test learns from."""
    family = request.node.callspec.params["family"]
    wanted = {**dict.fromkeys(MELODIC, "notes"), **dict.fromkeys(PAIRED, "pairs")}
    wanted |= dict.fromkeys(STEMMED, "stems")
    return request.getfixturevalue(wanted.get(family.name, "music"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Two seconds of noise through a bending, delayed, darkening box, at two settings."""
    folder = tmp_path_factory.mktemp("pairs")
    for gain in (0.25, 0.75):
        place = folder / "pairs" / f"gain={gain}"
        dry = np.random.default_rng(0).normal(0, 0.2, 2 * RATE).clip(-0.9, 0.9)
        wet = np.tanh(8 * gain * (dry + 0.5 * np.roll(dry, 1))) / 2
        write_flac(place / "input.flac", dry, RATE)
        write_flac(place / "output.flac", wet, RATE)
    config = CorpusConfig(recipe="pairs", sample_rate=RATE, window_seconds=0.256)
    return build_corpus(Workspace(folder / "workspace"), "amp", [folder / "pairs"], config)


@pytest.fixture(scope="module")
def stems(tmp_path_factory):
    """Three songs made up by formulas, four seconds each."""
    folder = tmp_path_factory.mktemp("stems")
    config = CorpusConfig(
        recipe="stems", sample_rate=RATE, window_seconds=0.256, made_songs=3, made_seconds=4.0
    )
    return build_corpus(Workspace(folder), "songs", [], config)


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Two artists who play a scale each, up and down."""
    folder = tmp_path_factory.mktemp("notes")
    time = np.arange(8_000) / 16_000
    swell = 0.4 * np.minimum(time / 0.02, 1) * np.minimum((0.5 - time) / 0.02, 1)

    def note(key):
        angle = 2 * np.pi * 440 * 2 ** ((key - 69) / 12) * time
        return swell * (np.sin(angle) + 0.5 * np.sin(2 * angle) + 0.3 * np.sin(3 * angle))

    for name, keys in (("up", range(57, 63)), ("down", range(69, 63, -1))):
        write_flac(folder / f"{name}.flac", np.concatenate([note(k) for k in keys]), 16_000)
    sources = [Source(folder / "up.flac", "A"), Source(folder / "down.flac", "B")]
    config = CorpusConfig(
        recipe="instrument", phrase_seconds=0.256, phrase_step_seconds=0.256, chunk_seconds=0.512
    )
    return build_corpus(Workspace(folder / "workspace"), "notes", sources, config)


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Two artists who play two seconds each: one slides up, one clicks."""
    folder = tmp_path_factory.mktemp("recordings")
    time = np.arange(2 * RATE) / RATE
    write_flac(folder / "slide.flac", 0.5 * np.sin(400 * time + 900 * time**2), RATE)
    write_flac(folder / "click.flac", 0.5 * np.exp(-((time * 8) % 1) * 30), RATE)
    sources = [Source(folder / "slide.flac", "A"), Source(folder / "click.flac", "B")]
    config = CorpusConfig(sample_rate=RATE, window_seconds=0.256, validation_fraction=0.2)
    return build_corpus(Workspace(folder / "workspace"), "two", sources, config)


def fitted(family, settings, corpus):
    return family.fit(from_mapping(family.config, settings), corpus)


def built(family, config) -> dict:
    torch.manual_seed(0)
    return {stage.name: stage.build(config) for stage in family.for_config(config).stages}


def examples_of(family, stage, config, corpus, earlier):
    request = ExamplesRequest(
        corpus=corpus, config=config, split="training", batch_size=2, seed=0, earlier=earlier
    )
    return stage.examples(request)


def played(family, config, engine=None) -> Sampler:
    """A sampler of networks that listen: at their initial size, weights hardly matter."""
    networks = built(family, config)
    with torch.no_grad():
        for network in networks.values():
            for weights in network.eval().parameters():
                weights.mul_(LOUDER)
    return family.sampler(networks, config, engine or family.engines(config)[0])


def clip_request(family, config, seed=1, length=LENGTH, **changes) -> ClipRequest:
    """A request with everything the family is steered by."""
    steering = family.conditioning(config)
    frames = None
    if steering.melody:
        draw = np.random.default_rng(seed)
        rows = -(-length // steering.hop)
        frames = np.float32([[200 * 2 ** draw.uniform(), -20 + 10 * draw.uniform()]] * rows)
    elif steering.features:
        rows = -(-length // steering.hop)
        channels = {"loudness": 1, "chroma": 12}
        width = sum(channels[name] for name in steering.features)
        frames = np.random.default_rng(seed).uniform(-1, 1, (rows, width)).astype(np.float32)
    return ClipRequest(**{"seed": seed, "length_samples": length, "frames": frames, **changes})


def play(sampler, requests) -> list[np.ndarray]:
    """The requested clips, each cut to its own length."""
    blocks = list(render(sampler, requests))
    assert all(len(block) == len(requests) for block in blocks)
    sound = np.concatenate(blocks, axis=1)
    assert sound.shape[1] >= max(request.length_samples for request in requests)
    assert np.abs(sound).max() <= 1
    return [clip[: r.length_samples] for clip, r in zip(sound, requests, strict=True)]


@families
def test_its_folder_is_shaped_like_all_the_others(family):
    module = importlib.import_module(f"thresher.models.{family.name}")
    folder = Path(module.__file__).parent

    assert module.FAMILY is family
    files = {path.name for path in folder.iterdir()}
    assert files >= {"__init__.py", "config.py", "network.py", "loss.py", "sampler.py", "notes.md"}
    assert len((folder / "notes.md").read_text("utf-8")) > 500


@families
def test_its_record_is_complete(family):
    assert re.fullmatch(r"[a-z][a-z0-9]*", family.name)
    assert family_named(family.name) is family
    assert family.summary.strip()
    assert "\n" not in family.summary
    names = [stage.name for stage in family.stages]
    assert names
    assert len(set(names)) == len(names)
    assert family.prompts
    assert family.prompts <= {"nothing", "text", "audio", "sound", "midi"}
    assert family.measure
    assert inspect.getdoc(family.config)
    assert family.name in TINY, "give the new family a tiny config in TINY"


def test_an_unknown_family_names_the_nearest():
    name = FAMILIES[0].name

    with pytest.raises(ThresherError, match=f"{name}x") as caught:
        family_named(f"{name}x")
    assert name in caught.value.hint


@families
def test_every_setting_is_explained(family):
    for setting in explanations(family.config):
        assert len(setting.why) > 15, setting.name
        assert setting.source, setting.name


@families
def test_its_presets_are_settings_that_fit(family, corpus):
    for name, settings in family.presets.items():
        assert re.fullmatch(r"[a-z][a-z0-9-]*", name)
        config = family.fit(from_mapping(family.config, to_mapping_of(settings)), corpus)
        assert from_mapping(family.config, to_mapping(config)) == config
    assert family.training.keys() <= {"", *family.presets}
    for settings in family.training.values():
        from_mapping(TrainingConfig, to_mapping_of(settings))


def to_mapping_of(settings) -> dict:
    """Preset values as a recipe would hold them."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in settings.items()}


@variants
def test_fitting_takes_over_what_the_corpus_decides(family, settings, corpus):
    config = fitted(family, settings, corpus)

    steering = family.conditioning(config)
    assert steering.artists in ((), corpus.artists)
    if steering.melody:
        assert all(hasattr(corpus.melody, name) for name in steering.features)
        assert steering.hop == corpus.melody.hop
    else:
        assert set(steering.features) <= set(corpus.features)
        assert steering.hop == (corpus.feature_hop if steering.features else 0)
    assert family.fit(config, corpus) == config


@variants
def test_a_step_always_has_the_same_batch(family, settings, corpus):
    config = fitted(family, settings, corpus)
    networks = built(family, config)
    for stage in family.for_config(config).stages:
        first, again = (examples_of(family, stage, config, corpus, networks) for _ in range(2))
        last = first.steps_per_epoch - 1
        assert first.steps_per_epoch > 0
        assert first.batch(0).fresh
        for step in (last, 0, last + 1):
            one, other = first.batch(step), again.batch(step)
            assert one.fresh == other.fresh
            assert one.tensors.keys() == other.tensors.keys()
            assert all(torch.equal(one.tensors[key], other.tensors[key]) for key in one.tensors)


@variants
def test_it_overfits_one_block(family, settings, corpus):
    config = fitted(family, settings, corpus)
    networks = built(family, config)
    for stage in family.for_config(config).stages:
        network = networks[stage.name].train()
        batch = examples_of(family, stage, config, corpus, networks).batch(0)
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
        losses: list[float] = []
        while len(losses) < 200 and not (losses and losses[-1] < 0.5 * losses[0]):
            optimiser.zero_grad()
            loss = stage.loss(network, batch, {})
            loss.value.backward()
            optimiser.step()
            losses.append(loss.value.item())
        assert losses[-1] < 0.5 * losses[0]
        assert loss.samples > 0
        assert loss.report
        if stage is family.for_config(config).stages[-1]:
            assert next(iter(loss.report)) == family.measure
        assert not any(value.requires_grad for value in loss.report.values())


@variants
def test_it_survives_saving_and_loading(family, settings, corpus, tmp_path):
    config = fitted(family, settings, corpus)
    networks = built(family, config)
    checkpoint = Checkpoint(
        family=family.name,
        stages=tuple(networks),
        config=config,
        sample_rate=corpus.sample_rate,
        artists=corpus.artists,
    )
    save_checkpoint(tmp_path, checkpoint, networks)
    opened = open_checkpoint(tmp_path)
    loaded = opened.networks()

    assert opened.config == config
    for stage in family.for_config(config).stages:
        batch = examples_of(family, stage, config, corpus, networks).batch(0)
        costs = []
        for network in (networks[stage.name].eval(), loaded[stage.name]):
            torch.manual_seed(0)
            with torch.no_grad():
                costs.append(stage.loss(network, batch, {}).value)
        # Fourier transforms add up in an order that depends on where the memory lies.
        torch.testing.assert_close(*costs, rtol=1e-6, atol=0)
    [before] = play(
        family.sampler(networks, config, family.engines(config)[0]), [clip_request(family, config)]
    )
    [after] = play(
        family.sampler(loaded, config, family.engines(config)[0]), [clip_request(family, config)]
    )
    assert np.array_equal(before, after)


@playable
def test_a_seed_repeats_and_another_differs(family, settings, engine, corpus):
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    assert isinstance(sampler, Sampler)
    assert sampler.lanes >= 1

    [first] = play(sampler, [clip_request(family, config, seed=1)])
    torch.manual_seed(99)
    np.random.seed(99)
    [again] = play(sampler, [clip_request(family, config, seed=1)])
    [other] = play(sampler, [clip_request(family, config, seed=2)])

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() > 0


@playable
def test_a_clip_does_not_depend_on_its_neighbours_or_their_number(family, settings, engine, corpus):
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    wanted = clip_request(family, config, seed=3)
    [alone] = play(sampler, [wanted])
    others = [
        clip_request(family, config, seed=4, temperature=0.5),
        clip_request(family, config, seed=5, length=LENGTH + 77),
        clip_request(family, config, seed=6, length=10),
        clip_request(family, config, seed=7, **loud_prime(family)),
        clip_request(family, config, seed=8, **one_artist(family, config)),
        clip_request(family, config, seed=9),
    ]

    for place in (0, 3, 6):
        crowd = [*others[:place], wanted, *others[place:]]
        assert np.array_equal(play(sampler, crowd)[place], alone)


@playable
def test_clips_that_share_a_prime_share_nothing_else(family, settings, engine, corpus):
    if "audio" not in family.prompts:
        pytest.skip("takes no audio")
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    prime = loud_prime(family)
    wanted = clip_request(family, config, seed=3, **prime)
    [alone] = play(sampler, [wanted])
    others = [
        clip_request(family, config, seed=4, **prime),
        clip_request(family, config, seed=5, **prime, **one_artist(family, config)),
    ]

    assert np.array_equal(play(sampler, [*others, wanted])[2], alone)
    assert np.array_equal(play(sampler, [*reversed(others), wanted])[2], alone)


def loud_prime(family) -> dict:
    if "audio" not in family.prompts:
        return {}
    return {"prime": 0.9 * np.sin(np.arange(333, dtype=np.float32))}


def one_artist(family, config) -> dict:
    artists = family.conditioning(config).artists
    return {"artists": {artists[-1]: 1.0}} if artists else {}


@playable
def test_a_clip_of_any_length_begins_like_a_longer_one(family, settings, engine, corpus):
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    steered = clip_request(family, config, length=LENGTH)
    [whole] = play(sampler, [steered])

    for length in (1, 17, LENGTH - 1):
        shorter = ClipRequest(seed=1, length_samples=length, frames=steered.frames)
        assert np.array_equal(play(sampler, [shorter])[0], whole[:length])


@playable
@pytest.mark.parametrize("length", [1, 2, 1000])
def test_a_prime_of_any_length_changes_what_follows(family, settings, engine, corpus, length):
    if "audio" not in family.prompts:
        pytest.skip("takes no audio")
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    [plain] = play(sampler, [clip_request(family, config)])

    prime = np.full(length, -0.9, np.float32)
    [primed] = play(sampler, [clip_request(family, config, prime=prime)])

    assert primed.shape == plain.shape
    assert not np.array_equal(primed, plain)


@playable
def test_what_steers_a_clip_is_heard(family, settings, engine, corpus):
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    steering = family.conditioning(config)
    plain = clip_request(family, config)
    changed = [clip_request(family, config, artists={name: 1.0}) for name in steering.artists]
    if steering.features:
        other = 2 * plain.frames if steering.melody else np.ones_like(plain.frames)
        changed.append(clip_request(family, config, frames=other))

    sounds = {clip.tobytes() for clip in play(sampler, [plain, *changed])}

    assert len(sounds) == 1 + len(changed)


@playable
def test_a_state_plays_on_to_the_last_bit(family, settings, engine, corpus):
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    requests = [clip_request(family, config, seed=seed) for seed in (1, 2, 3)]
    voices = sampler.start(requests)
    voices.play(37)
    saved = voices.state()
    rest = voices.play(100)

    forked = sampler.start(requests)
    forked.restore(saved)
    assert np.array_equal(forked.play(100), rest)
    voices.restore(saved)
    assert np.array_equal(voices.play(100), rest)


@playable
def test_samples_asked_for_one_by_one_or_all_at_once_are_the_same(family, settings, engine, corpus):
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    requests = [clip_request(family, config, seed=seed) for seed in (1, 2)]
    whole = sampler.start(requests).play(60)
    voices = sampler.start(requests)
    pieces = [voices.play(count) for count in (1, 1, 5, 16, 37)]
    assert np.array_equal(np.concatenate(pieces, axis=1), whole)


@playable
def test_a_state_of_something_else_is_refused(family, settings, engine, corpus):
    config = fitted(family, settings, corpus)
    sampler = played(family, config, engine)
    voices = sampler.start([clip_request(family, config)])
    two = sampler.start([clip_request(family, config, seed=seed) for seed in (1, 2)]).state()
    halves = {name: np.zeros(part.shape, np.float16) for name, part in voices.state().items()}
    for wrong in (two, {}, halves):
        with pytest.raises(ThresherError, match="the state's"):
            voices.restore(wrong)


@variants
def test_every_engine_plays_the_same_clip(family, settings, corpus):
    """Not to the bit: sums in another order may, rarely, fall on another code."""
    config = fitted(family, settings, corpus)
    requests = [clip_request(family, config, seed=seed, length=100) for seed in range(9)]
    engines = [e for e in family.engines(config) if e.precision == "float32" and e.name != "cuda"]
    twin, *others = [play(played(family, config, engine), requests) for engine in engines]
    codes = family.measure == "bits"
    for clips in others:
        same = [
            np.array_equal(a, b) if codes else np.allclose(a, b, atol=1e-5)
            for a, b in zip(clips, twin, strict=True)
        ]
        assert sum(same) >= 8


def test_a_curve_that_the_corpus_lacks_is_named_with_the_way_to_get_it(music):
    config = WaveNetConfig(local_features=("tempo",))
    with pytest.raises(ThresherError, match="no feature 'tempo'") as caught:
        fit_to_corpus(config, music)
    assert f"thresher corpus {music.name} RECORDINGS again" in caught.value.hint
