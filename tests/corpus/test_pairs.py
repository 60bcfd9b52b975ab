"""thresher.corpus, recipe pairs: input and output of an amplifier, aligned or refused."""

import json

import numpy as np
import pytest
import soundfile

from thresher.corpus import CorpusConfig, build_corpus, open_corpus
from thresher.corpus.sides import holds_pairs
from thresher.errors import ThresherError
from thresher.workspace import Workspace

RATE = 16_000
CONFIG = CorpusConfig(recipe="pairs", sample_rate=RATE, window_seconds=0.5)


def playing(seconds=6.0, seed=0):
    return 0.2 * np.random.default_rng(seed).standard_normal(int(seconds * RATE)).clip(-4, 4)


def amplified(dry, delay=37, gain=3.0):
    return 0.5 * np.tanh(gain * np.concatenate([np.zeros(delay), dry[: len(dry) - delay]]))


def write_pair(folder, dry, wet, rates=(RATE, RATE)):
    folder.mkdir(parents=True, exist_ok=True)
    for name, sound, rate in zip(("input.wav", "output.wav"), (dry, wet), rates, strict=True):
        soundfile.write(folder / name, sound, rate, subtype="FLOAT")
    return folder


def build(tmp_path, folder, config=CONFIG):
    return build_corpus(Workspace(tmp_path / "workspace"), "amp", [folder], config)


def test_the_delay_is_taken_out_and_no_level_is_touched(tmp_path):
    dry = playing().astype(np.float32)
    corpus = build(tmp_path, write_pair(tmp_path / "pair", dry, amplified(dry)))

    [told] = corpus.manifest["pairs"]["of"]
    assert (told["delay_samples"], told["left_in_samples"]) == (37, 1)
    length = corpus.tracks[0].stop
    assert length == len(dry) - 36
    assert np.array_equal(corpus.pairs.dry[:length], dry[:length])
    wanted = 0.5 * np.tanh(3 * dry[: length - 1])  # a sample late
    assert np.allclose(corpus.pairs.wet[1:length], wanted, atol=1e-6)
    assert np.abs(corpus.audio[:length] / 32768 - corpus.pairs.wet[:length]).max() < 1e-4
    assert corpus.manifest["gain_db"] == 0
    assert (corpus.folder / "alignment.png").stat().st_size > 10_000


def test_an_answer_that_begins_unseen_is_not_to_be_foretold(tmp_path):
    dry = playing()
    dry[:8000] = 0
    dry[4000] = 0.9
    soft = np.convolve(dry, [0.01, 0.6, 0.3])[: len(dry)]  # its first sample is a sixtieth
    for safety, first in ((0, 0.6 * 0.9), (1, 0.01 * 0.9)):
        config = CorpusConfig(
            recipe="pairs", sample_rate=RATE, window_seconds=0.5, safety_samples=safety
        )
        folder = write_pair(tmp_path / f"pair-{safety}", dry, soft)
        corpus = build_corpus(Workspace(tmp_path / "workspace"), f"amp-{safety}", [folder], config)
        click = int(np.abs(corpus.pairs.dry[:6000]).argmax())
        assert corpus.pairs.wet[click] == pytest.approx(first, rel=1e-3)


def test_the_end_is_held_out_with_a_gap_before_it(tmp_path):
    dry = playing()
    pairs = build(tmp_path, write_pair(tmp_path / "pair", dry, amplified(dry))).pairs

    [[first, stop]], [[held_out, last]] = pairs.training, pairs.validation
    assert first == 0
    assert held_out - stop == int(0.05 * last)
    assert last == len(dry) - 36
    assert np.array_equal(pairs.stretches("validation"), [[held_out, last]])


def test_opened_again_it_is_the_same_and_built_again_nothing_happens(tmp_path):
    dry = playing()
    folder = write_pair(tmp_path / "pair", dry, amplified(dry))
    built = build(tmp_path, folder)
    written = (built.folder / "manifest.json").stat().st_mtime_ns

    again = build(tmp_path, folder)

    assert (built.folder / "manifest.json").stat().st_mtime_ns == written
    assert np.array_equal(open_corpus(built.folder).pairs.wet, again.pairs.wet)


def test_knobs_come_from_a_file_or_a_name_and_one_input_may_serve_all(tmp_path):
    dry = playing()
    write_pair(tmp_path / "amp", dry, dry)
    (tmp_path / "amp" / "output.wav").unlink()
    for name, gain in (("gain=0.25", 2.0), ("high", 8.0)):
        (tmp_path / "amp" / name).mkdir()
        soundfile.write(tmp_path / "amp" / name / "output.wav", amplified(dry, gain=gain), RATE)
    (tmp_path / "amp" / "high" / "knobs.json").write_text(json.dumps({"gain": 1}))

    pairs = build(tmp_path, tmp_path / "amp").pairs

    assert pairs.knobs == ("gain",)
    assert pairs.positions.tolist() == [[0.25], [1.0]]
    assert len(pairs.training) == 2


def test_a_folder_of_pairs_is_known_by_its_names(tmp_path):
    write_pair(tmp_path / "songs" / "a", playing(0.1), playing(0.1))
    (tmp_path / "music").mkdir()
    soundfile.write(tmp_path / "music" / "song.wav", playing(0.1), RATE)

    assert holds_pairs(tmp_path / "songs")
    assert not holds_pairs(tmp_path / "music")
    assert not holds_pairs(tmp_path / "nowhere")


def one_side(folder, dry):
    write_pair(folder, dry, dry)
    (folder / "output.wav").unlink()


def drifting(folder, dry):
    """The second half comes 50 samples later: clocks that do not agree."""
    half = len(dry) // 2
    wet = np.concatenate([dry[:half], np.zeros(50), dry[half:-50]])
    write_pair(folder, dry, wet)


def no_knobs(folder, dry):
    for name in ("a", "b"):
        write_pair(folder / name, dry, amplified(dry))


def knob_beyond(folder, dry):
    write_pair(folder / "gain=11", dry, amplified(dry))


def twice(folder, dry):
    write_pair(folder, dry, amplified(dry))
    soundfile.write(folder / "output.flac", dry, RATE)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (one_side, "no output"),
        (lambda f, dry: write_pair(f, dry, dry[:-100]), "output 95900 \\(-100\\)"),
        (lambda f, dry: write_pair(f, dry, dry, (44_100, 48_000)), "44100 Hz, output at 48000"),
        (lambda f, dry: write_pair(f, dry, playing(seed=1)), "does not follow the input"),
        (lambda f, dry: write_pair(f, dry, 0 * dry), "output is silent"),
        (drifting, "unsure by 50 samples"),
        (no_knobs, "nothing says what differs"),
        (knob_beyond, "'gain' stands at '11'"),
        (twice, "two recordings are the output"),
    ],
)
def test_what_is_no_pair_is_one_clear_error_and_nothing_is_written(tmp_path, spoil, said):
    spoil(tmp_path / "pair", playing())

    with pytest.raises(ThresherError, match=said) as caught:
        build(tmp_path, tmp_path / "pair")

    assert caught.value.hint or caught.value.looked_at
    assert not (tmp_path / "workspace").exists()
