"""thresher.audio.files: what goes in comes out, at its own level, or one clear error."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from thresher.audio.files import probe, read_audio, stream_audio, to_pcm, write_flac
from thresher.errors import ThresherError


def sine(seconds, sample_rate, hz=440.0, gain=0.5):
    return gain * np.sin(2 * np.pi * hz * np.arange(int(seconds * sample_rate)) / sample_rate)


def test_flac_gives_back_every_16_bit_sample(tmp_path):
    pcm = np.arange(-32_768, 32_768, dtype=np.int16)

    write_flac(tmp_path / "all.flac", pcm / 32_768, 16_000)

    assert np.array_equal(to_pcm(read_audio(tmp_path / "all.flac").samples), pcm)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_flac_keeps_channels_rate_and_level(tmp_path, channels, bits):
    sound = np.stack([sine(0.2, 44_100, 200 * (c + 1), 0.01) for c in range(channels)])

    write_flac(tmp_path / "a.flac", sound, 44_100, bits)
    back = read_audio(tmp_path / "a.flac", mono=False)

    assert (back.sample_rate, back.samples.shape) == (44_100, sound.shape)
    assert np.abs(back.samples - sound).max() <= 0.5 / 2 ** (bits - 1) + 1e-9


def test_samples_beyond_full_scale_are_held_and_never_wrap(tmp_path):
    write_flac(tmp_path / "loud.flac", np.array([1.0, 3.0, -1.0, -3.0, 0.25]), 16_000)

    back = read_audio(tmp_path / "loud.flac").samples

    assert np.allclose(back, [1, 1, -1, -1, 0.25], atol=1e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_is_refused_and_the_old_file_stays(tmp_path, bad):
    path = tmp_path / "a.flac"
    write_flac(path, np.zeros(100), 16_000)
    before = path.read_bytes()

    with pytest.raises(ThresherError, match="1 of 3 samples are not finite"):
        write_flac(path, np.array([0.0, bad, 0.0]), 16_000)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_clear_error_and_leaves_nothing_half_written(tmp_path):
    code = (
        "import resource, signal, sys; import numpy as np; from pathlib import Path;"
        "from thresher.audio.files import write_flac; from thresher.errors import ThresherError;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
        "noise = np.random.default_rng(0).uniform(-1, 1, 160000)\n"
        "try: write_flac(Path(sys.argv[1]), noise, 16000)\n"
        "except ThresherError as error: print(error.problem)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.flac")], capture_output=True, text=True
    )

    assert "cannot write" in done.stdout or "full" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize("channels", [1, 2])
def test_common_formats_are_read(tmp_path, suffix, channels):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.stack([sine(1, 44_100)] * channels, axis=1), 44_100)

    back = read_audio(path, sample_rate=16_000)

    assert probe(path).channels == channels
    assert abs(len(back.samples) - 16_000) < 2_500  # mp3 pads
    middle = back.samples[4_000:12_000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("aac", "aac"), ("opus", "libopus")])
def test_more_formats_are_read(tmp_path, suffix, codec):
    av = pytest.importorskip("av")
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="stereo")
        sound = np.stack([sine(1, 48_000)] * 2).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="stereo")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)

    back = read_audio(path, sample_rate=16_000, mono=False)

    assert back.samples.shape[0] == 2
    assert abs(back.samples.shape[1] - 16_000) < 1_000
    assert np.sqrt(np.mean(back.samples[:, 4_000:12_000] ** 2)) == pytest.approx(0.354, rel=0.05)


def test_without_the_extra_the_error_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(1000))

    with pytest.raises(ThresherError, match="need the extra 'more-formats'"):
        read_audio(tmp_path / "a.m4a")


@given(
    rates=st.sampled_from([(44_100, 16_000), (8_000, 16_000), (16_000, 16_000), (384_000, 16_000)]),
    length=st.integers(1, 200_000),
)
def test_blocks_resampled_one_by_one_equal_the_whole(tmp_path_factory, rates, length):
    from_rate, to_rate = rates
    path = tmp_path_factory.mktemp("a") / "a.wav"
    sound = np.random.default_rng(length).uniform(-0.5, 0.5, length).astype(np.float32)
    soundfile.write(path, sound, from_rate, subtype="FLOAT")

    streamed = np.concatenate(list(stream_audio(path, sample_rate=to_rate)))

    import soxr

    whole = soxr.resample(sound, from_rate, to_rate) if from_rate != to_rate else sound
    assert abs(len(streamed) - len(whole)) <= 1
    shared = min(len(streamed), len(whole))
    assert np.allclose(streamed[:shared], whole[:shared], atol=1e-5)


def test_reading_never_normalises(tmp_path):
    soundfile.write(tmp_path / "quiet.wav", sine(0.1, 16_000, gain=0.001), 16_000, subtype="FLOAT")

    assert np.abs(read_audio(tmp_path / "quiet.wav").samples).max() == pytest.approx(
        0.001, rel=0.01
    )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("text.wav", b"this is a text file\n" * 50, "not a sound file"),
        ("empty.flac", b"", "empty"),
        ("zeros.mp3", bytes(5_000), "not a sound file"),
        ("riff.wav", b"RIFF\xff\xff\xff\xffWAVEjunk" + bytes(100), "not a sound file"),
    ],
)
def test_what_is_no_sound_file_says_so(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ThresherError, match=says):
        read_audio(tmp_path / name)


def test_no_samples_at_all_is_an_error(tmp_path):
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16_000)

    with pytest.raises(ThresherError, match="no samples"):
        read_audio(tmp_path / "none.wav")


@pytest.mark.parametrize(
    ("value", "says"), [(np.nan, "not a number"), (30_000.0, "full scale is 1")]
)
def test_floats_that_are_no_audio_are_refused(tmp_path, value, says):
    sound = np.zeros(1_000, np.float32)
    sound[500] = value
    soundfile.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")

    with pytest.raises(ThresherError, match=says):
        read_audio(tmp_path / "a.wav")


def test_a_fifo_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")

    def try_both():
        for path in (tmp_path / "pipe.wav", Path("/dev/zero"), tmp_path):
            with pytest.raises(ThresherError, match="not an ordinary file"):
                read_audio(path)

    thread = threading.Thread(target=try_both, daemon=True)
    thread.start()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_names_that_are_not_unicode_can_be_read(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe\n.wav"))
    with path.open("wb") as stream:
        soundfile.write(stream, sine(0.1, 16_000), 16_000, format="WAV")

    assert len(read_audio(path).samples) == 1_600


@pytest.mark.parametrize("sample_rate", [1, 2_000_000_000])
def test_impossible_sample_rates_are_refused(tmp_path, sample_rate):
    soundfile.write(tmp_path / "a.wav", sine(0.1, 16_000), sample_rate)

    with pytest.raises(ThresherError, match=f"sample rate of {sample_rate} Hz"):
        read_audio(tmp_path / "a.wav", sample_rate=16_000)
