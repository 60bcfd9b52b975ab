"""What the channels are to the zero line and to each other."""

from collections.abc import Iterator

import numpy as np
import scipy.signal
from jaxtyping import Float32

from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Curve, Evidence, Finding
from thresher.doctor.stretches import Stretch

BASS_HZ = 250.0
"""Below, stereo recordings hardly differ between the channels: polarity shows there."""
_DOTS = 400


class Channels:
    """Sums over each channel: mean, energy, and how the first two go together."""

    def __init__(self, sample_rate: int, channels: int, config: DoctorConfig) -> None:
        self._config = config
        self._bass = scipy.signal.butter(2, BASS_HZ, fs=sample_rate, output="sos")
        self._state = np.zeros((self._bass.shape[0], 2, channels))
        self._count = 0
        self._sums = np.zeros(channels)
        self._energy = np.zeros((channels, channels))
        self._bass_energy = np.zeros((channels, channels))
        self._difference = 0.0
        self._dots = np.zeros((0, channels), np.float32)

    def hear(self, stretch: Stretch) -> None:
        """Add a stretch to the sums."""
        sound = stretch.middle.astype(np.float64)
        bass, self._state = scipy.signal.sosfilt(self._bass, sound, axis=0, zi=self._state)
        self._count += len(sound)
        self._sums += sound.sum(axis=0)
        self._energy += sound.T @ sound
        self._bass_energy += bass.T @ bass
        self._difference += float(np.square(sound[:, 0] - sound[:, -1]).sum())
        self._keep_dots(stretch.middle)

    def findings(self, file: str) -> Iterator[Finding]:
        """Offset, a dead channel, one channel upside down, or twice the same channel."""
        if not self._count:
            return
        yield from self._offset(file)
        if len(self._sums) < 2:
            return
        level_db = 10 * np.log10(self._energy.diagonal() / self._count + 1e-20)
        dead = np.flatnonzero(level_db < level_db.max() - self._config.dead_channel_db)
        if len(dead):
            yield self._dead(file, level_db, int(dead[0]))
        elif len(self._sums) == 2:
            yield from self._pair(file)

    def _offset(self, file: str) -> Iterator[Finding]:
        means = self._sums / self._count
        rms = np.sqrt(self._energy.diagonal() / self._count)
        worst = int(np.abs(means).argmax())
        mean, level = float(means[worst]), float(rms[worst])
        large = abs(mean) > self._config.offset
        if large or abs(mean) > max(self._config.offset_of_rms * level, self._config.offset / 10):
            yield Finding(
                fault="DC offset",
                severity="fix",
                file=file,
                what=f"the wave's middle lies at {mean:+.4f} of full scale "
                f"({abs(mean) / max(level, 1e-9):.0%} of its RMS)",
                remedy="high-pass it at 20 Hz: an offset shifts every code, and clicks where "
                "clips are joined",
                evidence=self._picture(levels=(mean,)),
            )

    def _dead(self, file: str, level_db: np.ndarray, dead: int) -> Finding:
        return Finding(
            fault="dead channel",
            severity="fix",
            file=file,
            what=f"channel {dead + 1} lies {level_db.max() - level_db[dead]:.0f} dB under "
            f"channel {int(level_db.argmax()) + 1}",
            remedy="keep the live channel only: mixing to mono loses half the level",
            evidence=self._picture(),
        )

    def _pair(self, file: str) -> Iterator[Finding]:
        likeness = _correlation(self._bass_energy)
        whole = _correlation(self._energy)
        difference_db = 10 * np.log10(
            (self._difference + 1e-20) / (self._energy.diagonal().sum() + 1e-20)
        )
        if likeness < -self._config.opposite:
            yield Finding(
                fault="inverted channel",
                severity="fix",
                file=file,
                what=f"the channels go against each other: correlation {likeness:+.2f} in the "
                f"bass, {whole:+.2f} over all",
                remedy="turn one channel's polarity over: mixed to mono, they cancel",
                evidence=self._picture(),
            )
        elif difference_db < self._config.mono_db:
            yield Finding(
                fault="mono in stereo",
                severity="know",
                file=file,
                what=f"both channels hold the same (their difference is {difference_db:.0f} dB)",
                remedy="nothing is lost: a corpus mixes to mono anyway; one channel is half the "
                "file",
                evidence=self._picture(),
            )

    def _keep_dots(self, sound: Float32[np.ndarray, "samples channels"]) -> None:
        """A few samples from everywhere: every so often the kept ones are thinned."""
        self._dots = np.concatenate([self._dots, sound[:: max(1, len(sound) // 40)]])
        if len(self._dots) > 2 * _DOTS:
            self._dots = self._dots[::2]

    def _picture(self, levels: tuple[float, ...] = ()) -> Evidence:
        stereo = self._dots.shape[1] > 1
        x = self._dots[:, 0] if stereo else np.arange(len(self._dots), dtype=np.float64)
        return Evidence(
            curves=(
                Curve(
                    label="samples from everywhere",
                    x=np.asarray(x, np.float64),
                    y=np.asarray(self._dots[:, -1], np.float64),
                ),
            ),
            x_label="first channel" if stereo else "samples from everywhere",
            y_label="last channel" if stereo else "full scale is 1",
            levels=levels,
            dots=True,
        )


def _correlation(energy: np.ndarray) -> float:
    scale = np.sqrt(energy[0, 0] * energy[1, 1])
    return float(energy[0, 1] / scale) if scale > 0 else 0.0
