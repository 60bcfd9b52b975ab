"""Where the spectrum ends: lossy coding once upon a time, or a lower sample rate."""

from collections.abc import Iterator

import numpy as np
import scipy.ndimage
from jaxtyping import Float64

from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Finding, curve_evidence
from thresher.doctor.stretches import Stretch

SIZE = 4096
RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000)
"""What recordings come at; half of one of them is where an upsampled recording ends."""
LOSSY = ("vorbis", "opus", "mpeg", "mp3", "aac", "wma", "gsm", "adpcm")
_FLOOR_DB = -110.0
_BESIDE_HZ, _FAR_HZ = 150.0, 650.0
_TAIL_DB = 75.0
"""What lies this far under the loudest band may well end anywhere: nobody hears it."""


class Bandwidth:
    """What is there most of the time: the mean of decibels, each frame's loudest bin at 0.

    A mean of powers could not tell a sweep, which is everywhere once, from noise.
    """

    def __init__(self, sample_rate: int, audio_format: str, config: DoctorConfig) -> None:
        self._rate, self._config = sample_rate, config
        self._lossy = any(name in audio_format for name in LOSSY)
        self._level_db = np.zeros(SIZE // 2 + 1)
        self._frames = 0
        self._window = np.hanning(SIZE).astype(np.float32)
        self._window *= 2 / self._window.sum()

    def hear(self, stretch: Stretch) -> None:
        """Add a stretch's frames, each channel on its own."""
        sound = stretch.middle
        count = len(sound) // SIZE
        frames = sound[: count * SIZE].T.reshape(-1, SIZE)
        loud = np.abs(frames).max(axis=1, initial=0) > 0.003
        if loud.any():
            spectrum = np.fft.rfft(frames[loud] * self._window)
            power = spectrum.real**2 + spectrum.imag**2
            power /= power.max(axis=1, keepdims=True)
            self._level_db += 10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DB / 10))).sum(axis=0)
            self._frames += int(loud.sum())

    def findings(self, file: str) -> Iterator[Finding]:
        """A wall in the spectrum, where the format and the sample rate do not explain it."""
        if self._frames < self._config.spectrum_frames:
            return
        level_db = self._level_db / self._frames
        edge = wall_hz(level_db, self._rate, self._config.wall_db)
        nyquist = self._rate / 2
        share = self._config.narrow_lossy if self._lossy else self._config.narrow_lossless
        if edge is None or edge > share * nyquist:
            return
        rate = _rate_behind(edge, self._rate)
        picture = curve_evidence(
            np.arange(len(level_db)) * self._rate / SIZE / 1000,
            level_db,
            "kHz",
            "dB re the loudest",
            marks=(edge / 1000,),
        )
        if rate is not None:
            yield Finding(
                fault="upsampled",
                severity="check",
                file=file,
                what=f"the spectrum ends like a wall at {edge / 1000:.1f} kHz, as of a recording "
                f"at {rate} Hz; the header says {self._rate} Hz",
                remedy=f"build the corpus at {rate} Hz or less, or take the original; if its "
                "speed sounds wrong, the header is wrong",
                evidence=picture,
            )
            return
        yield Finding(
            fault="lossy low-pass",
            severity="check" if edge < 0.75 * nyquist else "know",
            file=file,
            what=f"the spectrum ends like a wall at {edge / 1000:.1f} kHz of {nyquist / 1000:.2f}: "
            "it was an mp3, or another lossy file, once",
            remedy=f"take a better copy, or build the corpus at {2 * edge / 1000:.0f} kHz or less, "
            "where the wall does not matter",
            evidence=picture,
        )


def wall_hz(
    level_db: Float64[np.ndarray, " bins"], sample_rate: int, wall_db: float
) -> float | None:
    """Where noise-like sound ends within half a kilohertz, with nothing above; None if nowhere.

    Notes end suddenly too, but between them there are valleys: the sound below a wall must
    be dense.
    """
    hz = sample_rate / 2 / (len(level_db) - 1)
    smooth = scipy.ndimage.uniform_filter1d(level_db, max(3, round(100 / hz)))
    near, far = round(_BESIDE_HZ / hz), round(_FAR_HZ / hz)
    highest = np.maximum.accumulate(smooth[::-1])[::-1]
    lowest, first = smooth.max() - _TAIL_DB, round(1500 / hz)
    best, best_drop = None, wall_db
    for at in range(first, len(level_db) - far):
        below = smooth[at - far : at - near]
        above = highest[at + near]
        dense = smooth[int(at * 0.75) : at - near].min() > above + wall_db / 2
        drop = below.min() - above
        if drop > best_drop and below.min() > lowest and dense:
            best, best_drop = at, drop
    return None if best is None else best * hz


def _rate_behind(edge: float, sample_rate: int) -> int | None:
    """The lower rate whose resampling filter ends there.

    16 kHz is also where mp3 at 128 kbit/s ends, and 32 kHz recordings are rare: that and
    what lies above is called lossy, unless it is the 22.05 kHz of a compact disc.
    """
    for rate in RATES:
        if rate >= sample_rate:
            return None
        if 0.86 <= edge / (rate / 2) <= 1.03 and not 14_500 < edge < 20_500:
            return rate
    return None
