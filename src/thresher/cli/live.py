"""`thresher generate --live`: an amplifier between an input and an output of this machine."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from thresher.errors import ThresherError
from thresher.generation.prompts import read_prime
from thresher.generation.source import open_source
from thresher.models.amp.live import Live
from thresher.models.amp.saved import amplifier_of
from thresher.workspace import Workspace

BLOCK = 64
"""Samples between two calls: 1.3 ms at 48 kHz."""


class Amplifying:
    """What the sound card calls for every block; also counts how busy it was."""

    def __init__(self, live: Live, sample_rate: int, sound: np.ndarray | None, gain: float) -> None:
        self._live, self._sample_rate, self._gain = live, sample_rate, np.float32(gain)
        self._sound, self._at = sound, 0
        self.worst = self._busy = 0.0
        self._blocks = self.late = 0
        self.ended = False

    @property
    def load(self) -> float:
        """Share of the time there is that was needed, on average."""
        return self._busy / max(self._blocks, 1)

    def __call__(self, heard: np.ndarray | None, played: np.ndarray) -> None:
        """Fill ``played`` [samples]; ``heard`` is what came in, where no file is played."""
        began = time.perf_counter()
        if self._sound is None:
            assert heard is not None
            dry = np.multiply(heard, self._gain)
        else:
            dry = self._sound[self._at : self._at + len(played)]
            self._at += len(dry)
            self.ended = self._at >= len(self._sound)
        played[len(dry) :] = 0
        self._live.play(dry, played[: len(dry)])
        np.clip(played, -1, 1, out=played)
        share = (time.perf_counter() - began) * self._sample_rate / max(len(played), 1)
        self.worst, self._busy = max(self.worst, share), self._busy + share
        self._blocks, self.late = self._blocks + 1, self.late + (share > 1)


def play_live(
    workspace: Workspace,
    run: str,
    *,
    checkpoint: str,
    sound: Path | None,
    knobs: dict[str, float] | None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Play until the recording ends, or Ctrl-C; tell latency and load.

    Raises:
        ThresherError: RUN is no amplifier, or this machine has no PortAudio or no such device.
    """
    devices = _portaudio()
    source = open_source(workspace, run, checkpoint)
    network = amplifier_of(source.checkpoint, run)
    rate = source.checkpoint.sample_rate
    dry = None if sound is None else read_prime(sound, sample_rate=rate, gain=source.gain)
    live = Live(network, knobs)
    # Silence changes nothing, and the kernel is compiled before a sound card waits for it.
    live.play(np.zeros(BLOCK, np.float32), np.zeros(BLOCK, np.float32))
    amp = Amplifying(live, rate, dry, source.gain)
    with _opened(devices, amp, rate, only_out=dry is not None) as stream:
        _announce(stream.latency, rate)
        try:
            while not amp.ended:
                wait(0.1)
        except KeyboardInterrupt:
            pass
    click.echo(f"load {amp.load:.0%}, at most {amp.worst:.0%}; {amp.late} blocks late", err=True)


def _portaudio() -> Any:
    try:
        import sounddevice
    except ImportError:
        raise ThresherError(
            "--live wants sounddevice, which is not installed", hint='pip install "thresher[live]"'
        ) from None
    except OSError:
        raise ThresherError(
            "--live wants PortAudio, which this machine lacks",
            hint="apt install libportaudio2, or leave --live out",
        ) from None
    return sounddevice


def _opened(devices: Any, amp: Amplifying, rate: int, *, only_out: bool) -> Any:
    """A stream of one channel in 32-bit floats; opened, not yet begun."""

    def both(heard: Any, played: Any, frames: int, clock: Any, status: Any) -> None:
        amp(np.ascontiguousarray(heard[:, 0]), played[:, 0])

    def out(played: Any, frames: int, clock: Any, status: Any) -> None:
        amp(None, played[:, 0])

    asked = {"samplerate": rate, "blocksize": BLOCK, "channels": 1, "dtype": "float32"}
    try:
        if only_out:
            return devices.OutputStream(**asked, latency="low", callback=out)
        return devices.Stream(**asked, latency="low", callback=both)
    except devices.PortAudioError as error:
        raise ThresherError(
            f"no device plays at {rate:,} Hz here: {error}",
            looked_at="PortAudio",
            hint="connect an interface, or leave --live out: the clip is then a file",
        ) from None


def _announce(latency: Any, rate: int) -> None:
    devices = sum(latency) if isinstance(latency, tuple) else latency
    click.echo(
        f"live: {1000 * devices:.1f} ms through the devices, of it {1000 * BLOCK / rate:.1f} ms "
        "for a block; the amplifier adds none. Ctrl-C ends it.",
        err=True,
    )
