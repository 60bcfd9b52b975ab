"""thresher.generation.streaming: an endless voice that can be stopped anywhere, exactly."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import soundfile
import torch
from safetensors import safe_open

from thresher.audio.files import read_audio, to_pcm
from thresher.disk import content_hash, whole_folder
from thresher.errors import ThresherError
from thresher.generation import GenerationConfig, generate_clips, open_stream, resume_stream
from thresher.generation.shapes import Curves, FixedShape, SongShapes, SteadyShapes
from thresher.generation.stream_state import arrays_hash
from thresher.generation.streaming import BLOCK, FIRST_BLOCK
from thresher.models.checkpoint import Checkpoint, save_checkpoint
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN

TWIN = GenerationConfig(engine="torch")
STEERED = {"local_features": ("loudness",), "local_channels": 1, "local_hop": 16}
"""The curve of 40 frames is over after 640 samples."""


@pytest.fixture
def tiny_run(workspace):
    """A checkpoint of a SampleRNN small enough for the slow twin."""

    def make(name="tiny", seed=0, **settings):
        torch.manual_seed(seed)
        config = SampleRNNConfig(
            dim=12, sample_dim=8, embedding_dim=5, layers=1, block=16, frame_sizes=(4, 8),
            sample_rate=8000, **settings,
        )  # fmt: skip
        folder = workspace.root / name
        checkpoint = Checkpoint(
            family="samplernn", stages=("network",), config=config, sample_rate=8000
        )
        with whole_folder(folder) as part:
            save_checkpoint(part, checkpoint, {"network": SampleRNN(config)})
        if config.local_features:
            rows = np.random.default_rng(0).uniform(-1, 1, (40, 1)).astype(np.float32)
            segments = np.array([[0, 10], [10, 25], [25, 40]])
            arrays = {"loudness": rows, "segments": segments}
            safetensors.numpy.save_file(arrays, folder / "features.safetensors")
        return str(folder)

    return make


def heard(stream, samples):
    """The next samples, and the stream is past exactly these."""
    return np.concatenate(list(stream.blocks(samples / stream.sample_rate)))


def test_a_stream_begins_as_the_first_clip_of_its_seed(workspace, make_run):
    make_run()
    config = GenerationConfig(clips=1, seconds=2.0)
    [clip] = generate_clips(workspace, "w7", config, seed=5).clips
    stream = open_stream(workspace, "w7", seed=5)

    sound = read_audio(clip.path).samples
    assert np.array_equal(to_pcm(heard(stream, 16_000)), to_pcm(sound))


def test_blocks_begin_small_and_grow_for_ever(workspace, make_run):
    make_run()
    stream = open_stream(workspace, "w7")
    sizes = [len(block) for block in itertools.islice(stream, 40)]

    assert sizes[:4] == [FIRST_BLOCK, 1024, 2048, BLOCK]
    assert set(sizes[4:]) == {BLOCK}
    assert stream.position == sum(sizes)


def test_a_block_is_float32_in_full_scale(workspace, tiny_run):
    block = next(iter(open_stream(workspace, tiny_run(), TWIN)))
    assert block.dtype == np.float32
    assert block.shape == (FIRST_BLOCK,)
    assert np.abs(block).max() <= 1


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_length_that_is_none_is_refused(workspace, make_run, seconds):
    make_run()
    with pytest.raises(ThresherError, match="length above 0"):
        open_stream(workspace, "w7").blocks(seconds)


@pytest.mark.parametrize("steered", [False, True])
def test_a_stream_stopped_at_odd_places_goes_on_to_the_bit(workspace, tiny_run, tmp_path, steered):
    run = tiny_run(**(STEERED if steered else {}))
    whole = heard(open_stream(workspace, run, TWIN, seed=3), 700)
    stream, pieces = open_stream(workspace, run, TWIN, seed=3), []
    for samples in (1, 6, 300, 393):
        pieces.append(heard(stream, samples))
        stream.save(tmp_path / "s.state")
        stream = resume_stream(workspace, tmp_path / "s.state")

    assert np.array_equal(np.concatenate(pieces), whole)
    assert stream.position == 700


def test_a_fork_has_the_same_past_and_another_future(workspace, tiny_run, tmp_path):
    run = tiny_run(**STEERED)
    stream = open_stream(workspace, run, TWIN, seed=3)
    heard(stream, 300)
    stream.save(tmp_path / "s.state")
    future = heard(stream, 300)

    def fork(seed):
        return heard(resume_stream(workspace, tmp_path / "s.state", seed=seed), 300)

    assert np.array_equal(fork(3), future)
    assert np.array_equal(fork(4), fork(4))
    assert not np.array_equal(fork(4), future)


def test_a_fork_keeps_to_the_curve_and_can_itself_be_stopped(workspace, make_run, tmp_path):
    rows = np.arange(20, dtype=np.float32)[:, None] / 20
    make_run(features=("loudness",), hop=100, curves={"loudness": rows})
    stream = open_stream(workspace, "w7", seed=1)
    heard(stream, 300)
    stream.save(tmp_path / "s.state")
    fork = resume_stream(workspace, tmp_path / "s.state", seed=2)
    first = heard(fork, 300)
    fork.save(tmp_path / "fork.state")
    again = resume_stream(workspace, tmp_path / "fork.state")

    assert again.seed == 2
    assert np.array_equal(np.concatenate([first, heard(again, 300)]), heard(stream, 600))


def songs():
    """Three songs of 3, 5 and 4 frames, told apart by their values, the first one silent."""
    values = np.repeat([1.0, 2.0, 3.0], [3, 5, 4]).astype(np.float32)[:, None]
    segments = np.array([[0, 3], [3, 8], [8, 12]])
    return Curves(values, values[:, 0], segments)


def test_a_stream_follows_every_song_whole_in_an_order_of_the_seeds():
    orders = set()
    for seed in range(30):
        curve = SongShapes(songs(), 0.0).endless(seed)[:, 0]
        order = [value for value, _ in itertools.groupby(curve)]
        assert sorted(order) == [1, 2, 3]
        assert sorted(curve) == sorted(songs().values[:, 0])
        orders.add(tuple(order))
    assert len(orders) == 6


def test_a_stream_leaves_the_quietest_songs_out():
    curve = SongShapes(songs(), 0.4).endless(0)[:, 0]
    assert set(curve) == {2, 3}


def test_a_steady_or_given_curve_is_the_same_for_every_seed():
    assert SteadyShapes(songs()).endless(0).tolist() == [[2.0]]
    assert np.array_equal(FixedShape(songs().values).endless(5), songs().values)


def test_memory_does_not_grow_and_the_kernel_stops_and_goes_on_to_the_bit(
    workspace, tiny_run, tmp_path
):
    run = tiny_run(**STEERED)
    config = GenerationConfig(engine="compiled")
    stream = open_stream(workspace, run, config, seed=1)
    heard(stream, 100_003)
    stream.save(tmp_path / "s.state")
    peak = fresh_peak_kb()
    future = heard(stream, 5_000)
    for _ in itertools.takewhile(lambda _: stream.position < 1_000_000, stream):
        pass

    assert peak_kb() - peak < 4096  # a second of it would be 32 kB, two minutes 4 MB
    again = resume_stream(workspace, tmp_path / "s.state")
    assert again.engine == stream.engine
    assert np.array_equal(heard(again, 5_000), future)


def fresh_peak_kb():
    """Forget how large this process once was: older tests may have been larger."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_kb()


def peak_kb():
    # Not getrusage: that still counts the memory of the process which started this one.
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def saved(workspace, run, tmp_path, config=TWIN, **more):
    path = tmp_path / "s.state"
    stream = open_stream(workspace, run, config, **more)
    heard(stream, 20)
    stream.save(path)
    return path


def rewritten(path, change, *, honest=True):
    """A state with other contents; ``honest`` gives them the hash they should have."""
    with safe_open(path, "np") as file:
        said = json.loads(file.metadata()["thresher-stream"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(said, arrays)
    if honest:
        said["sha256"] = arrays_hash(arrays)
    safetensors.numpy.save_file(arrays, path, metadata={"thresher-stream": json.dumps(said)})


def nan(said, arrays):
    name = next(name for name, part in arrays.items() if part.dtype == np.float32)
    arrays[name] = np.full_like(arrays[name], np.nan)


def another_shape(said, arrays):
    arrays["past"] = arrays["past"][:, 1:].copy()


def codes_beyond(said, arrays):
    arrays["past"] = np.full_like(arrays["past"], 256)


def codes_below(said, arrays):
    arrays["past"] = np.full_like(arrays["past"], -1)


def lacking(said, arrays):
    del arrays["past"]


def newer(said, arrays):
    said["format"] = 99


def negative(said, arrays):
    said["position"] = -1


def text(said, arrays):
    said["seed"] = "7"


def another_engine(said, arrays):
    said["engine"] = ["cuda", "int8"]


def another_setting(said, arrays):
    said["made_of"]["temperature"] = 0.5


def another_plan(said, arrays):
    said["plan"]["config"]["temperature"] = 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (nan, "not finite"),
        (another_shape, "the state's 'past' is"),
        (codes_beyond, "that no voice can have"),
        (codes_below, "that no voice can have"),
        (lacking, "the state's 'past' is missing"),
        (newer, "format 99"),
        (negative, "position"),
        (text, "seed"),
        (another_engine, "no engine 'cuda' in int8"),
        (another_setting, "temperature 0.5, not 0.95"),
        (another_plan, "temperature 0.95, not 0.5"),
    ],
)
def test_a_state_that_claims_what_cannot_be_is_one_error(
    workspace, tiny_run, tmp_path, change, message
):
    path = saved(workspace, tiny_run(), tmp_path)
    rewritten(path, change)

    with pytest.raises(ThresherError, match=message):
        resume_stream(workspace, path)


def test_a_state_that_was_changed_afterwards_is_found_out(workspace, tiny_run, tmp_path):
    path = saved(workspace, tiny_run(), tmp_path)

    def change(said, arrays):
        arrays["done"] = arrays["done"] + 1

    rewritten(path, change, honest=False)
    with pytest.raises(ThresherError, match="SHA-256"):
        resume_stream(workspace, path)


@pytest.mark.parametrize("keep", [0, 1, 7, 100, 0.5, -1])
def test_a_state_cut_off_anywhere_is_one_error(workspace, tiny_run, tmp_path, keep):
    path = saved(workspace, tiny_run(), tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep) if isinstance(keep, float) else keep])

    with pytest.raises(ThresherError, match=r"s\.state cannot be read"):
        resume_stream(workspace, path)


def test_what_is_no_state_is_one_error(workspace, tiny_run, tmp_path):
    weights = Path(tiny_run()) / "network.safetensors"
    for path, message in [
        (weights, "holds arrays, but no stream"),
        (tmp_path, "cannot be read"),
        (tmp_path / "nothing.state", "cannot be read"),
    ]:
        with pytest.raises(ThresherError, match=message):
            resume_stream(workspace, path)


def test_a_state_of_another_checkpoint_is_refused(workspace, tiny_run, tmp_path):
    path = saved(workspace, tiny_run(), tmp_path)

    with pytest.raises(ThresherError, match="another checkpoint than 'other'"):
        resume_stream(workspace, path, run=tiny_run("other", seed=1))


def test_a_moved_run_is_found_by_its_new_name(workspace, tiny_run, tmp_path):
    run = Path(tiny_run())
    path = saved(workspace, str(run), tmp_path)
    moved = run.rename(tmp_path / "moved")

    assert resume_stream(workspace, path, run=str(moved)).position == 20
    with pytest.raises(ThresherError, match="there is no run"):
        resume_stream(workspace, path)


def test_a_stream_stays_with_its_checkpoint_when_another_becomes_the_best(
    workspace, make_run, tmp_path
):
    folder = make_run()
    path = saved(workspace, "w7", tmp_path, GenerationConfig())
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "best": "step-00000200"}))

    assert resume_stream(workspace, path).position == 20


def test_a_prompt_that_changed_is_named(workspace, make_run, tmp_path):
    make_run()
    prime = tmp_path / "prime.wav"
    soundfile.write(prime, np.full(800, 0.25), 8000)
    path = saved(workspace, "w7", tmp_path, GenerationConfig(), prime=prime)
    assert resume_stream(workspace, path).position == 20

    soundfile.write(prime, np.full(800, 0.5), 8000)
    with pytest.raises(ThresherError, match="begun with prime"):
        resume_stream(workspace, path)
    prime.unlink()
    with pytest.raises(ThresherError, match=r"prime\.wav"):
        resume_stream(workspace, path)


def test_what_is_expected_of_a_state_must_be_so(workspace, make_run, tmp_path):
    make_run(artists=("A", "B"))
    prime = tmp_path / "prime.wav"
    soundfile.write(prime, np.full(800, 0.25), 8000)
    path = saved(
        workspace, "w7", tmp_path, GenerationConfig(), seed=4, prime=prime, artists={"A": 2.0}
    )

    so = {"seed": 4, "temperature": 0.95, "artists": {"A": 1.0}, "prime": content_hash(prime)}
    so |= {"engine": "torch", "checkpoint": "step-00000100"}
    assert resume_stream(workspace, path, expecting=so).seed == 4
    for name in so:
        with pytest.raises(ThresherError, match=f"begun with {name}"):
            resume_stream(workspace, path, expecting={**so, name: "otherwise"})


def test_a_precision_that_would_have_to_be_measured_is_refused(workspace, make_run):
    make_run()
    with pytest.raises(ThresherError, match="cannot measure precisions"):
        open_stream(workspace, "w7", GenerationConfig(precision="auto"))


@pytest.mark.parametrize(
    ("broken", "message"), [("nan", "not a number, 0 samples in"), ("short", "stopped after 256")]
)
def test_a_model_that_misbehaves_is_one_error(workspace, make_run, broken, message):
    make_run(broken=broken)
    with pytest.raises(ThresherError, match=message):
        next(iter(open_stream(workspace, "w7")))
