"""`thresher generate --live`: the sound card's call, and clear words where there is none."""

import json
import sys
import types

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from tests.models.amp.nam_examples import amp, document_of, guitar, offline
from thresher.cli.live import BLOCK, Amplifying
from thresher.cli.main import thresher
from thresher.errors import ThresherError
from thresher.models.amp.live import Live


def run(folder, *words):
    line = ["--workspace", str(folder / "ws"), *map(str, words)]
    return CliRunner().invoke(thresher, line, catch_exceptions=False)


@pytest.fixture
def captured(tmp_path):
    path = tmp_path / "twin.nam"
    path.write_text(json.dumps(document_of(amp())))
    run(tmp_path, "import", path, "twin")
    return tmp_path


class NoDeviceError(Exception):
    """What PortAudio says."""


def sound_card(**parts):
    return types.SimpleNamespace(PortAudioError=NoDeviceError, **parts)


class Card:
    """An output that asks for its blocks as soon as it is begun."""

    played = np.zeros(0, np.float32)
    latency = 0.004

    def __init__(self, *, callback, blocksize, **asked):
        self._callback, self._size = callback, blocksize

    def __enter__(self):
        for _ in range(20):
            block = np.full((self._size, 1), np.nan, np.float32)
            self._callback(block, self._size, None, None)
            Card.played = np.concatenate([Card.played, block[:, 0]])
        return self

    def __exit__(self, *error):
        return None


def test_what_comes_in_goes_out_amplified_block_by_block():
    network, dry = amp(), guitar(10 * BLOCK)
    call, wet = Amplifying(Live(network), 48_000, None, 1.0), np.empty_like(dry)
    for at in range(0, len(dry), BLOCK):
        call(dry[at : at + BLOCK], wet[at : at + BLOCK])
    assert np.abs(wet - offline(network, dry)).max() < 1e-6
    assert 0 < call.load <= call.worst
    assert not call.ended


def test_a_recording_is_played_to_its_end_and_then_silence(captured, monkeypatch):
    dry = np.clip(guitar(10 * BLOCK + 5), -1, 1)
    soundfile.write(captured / "di.wav", dry, 48_000, subtype="FLOAT")
    monkeypatch.setitem(sys.modules, "sounddevice", sound_card(OutputStream=Card))
    said = run(captured, "generate", "twin", "--live", "--audio", captured / "di.wav").stderr
    assert np.abs(Card.played[: len(dry)] - offline(amp(), dry)).max() < 1e-6
    assert not Card.played[len(dry) :].any()
    assert "4.0 ms through the devices" in said
    assert "blocks late" in said


def test_a_machine_without_a_device_is_told_so(captured, monkeypatch):
    def none(**asked):
        raise NoDeviceError("Error querying device -1")

    monkeypatch.setitem(sys.modules, "sounddevice", sound_card(Stream=none))
    with pytest.raises(ThresherError, match="no device plays at 48,000 Hz"):
        run(captured, "generate", "twin", "--live")


def test_a_machine_without_the_library_is_told_what_to_install(captured, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(ThresherError, match="not installed"):
        run(captured, "generate", "twin", "--live")


@pytest.mark.parametrize("words", [["--clips", "3"], ["--stream"], ["--seconds", "2"]])
def test_options_of_clips_are_refused(captured, words):
    with pytest.raises(ThresherError, match="takes no clip's"):
        run(captured, "generate", "twin", "--live", *words)
