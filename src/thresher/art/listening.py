"""What a cover knows of a song: eight numbers, its key, and its shape in time.

Everything here is a plain measurement of mono sound at 22.05 kHz. Numbers decide how a
cover looks (see `character`); the shape (loudness curve, spectrogram, self-similarity,
onsets) becomes the drawing itself.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from scipy import fft, ndimage, signal

from thresher.audio.files import probe, resample_blocks, stream_audio
from thresher.errors import ThresherError

SAMPLE_RATE = 22_050
FRAME = 2048
HOP = 512
BANDS = 64
COLUMNS = 512
"""Columns of the spectrogram that is drawn: one is about half a second of a song."""
BLOCKS = 128
"""Stretches compared with each other in the self-similarity matrix."""
LOWEST_HZ, HIGHEST_HZ = 45.0, 10_000.0

NUMBERS = (
    "tempo_bpm",
    "centroid_octaves",
    "flatness_db",
    "loudness_db",
    "dynamic_range_db",
    "onset_rate_hz",
    "low_high_db",
    "mode",
)

# Krumhansl & Kessler 1982, the probe-tone ratings of C major and C minor.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


@dataclass(frozen=True)
class Portrait:
    """One song as the covers see it; time always runs from 0 to 1."""

    samples: int
    """How many were heard, at the file's own rate."""
    seconds: float
    fingerprint: str
    """SHA-256 of the decoded samples: where the default seed comes from."""
    tempo_bpm: float
    centroid_octaves: float
    """Spectral centroid in octaves above 45 Hz (the ear's scale, unlike Hz)."""
    flatness_db: float
    """Geometric over arithmetic mean of the spectrum: 0 is white noise."""
    loudness_db: float
    """Mean level of what is not silence, re full scale."""
    dynamic_range_db: float
    onset_rate_hz: float
    low_high_db: float
    """Energy below 250 Hz over energy above 2 kHz."""
    mode: float
    """How much better the major profile fits than the minor one, in correlation."""
    key: int
    """The strongest pitch class: 0 is C, 9 is A."""
    chroma: Float32[np.ndarray, "12"]
    loudness: Float32[np.ndarray, " columns"]
    """Level over time, 0 its quietest twentieth, 1 its peak."""
    spectrogram: Float32[np.ndarray, "bands columns"]
    """Log bands from 45 Hz (row 0) to 10 kHz, 0 to 1."""
    similarity: Float32[np.ndarray, "blocks blocks"]
    """How alike any two moments are, 0 to 1."""
    novelty: Float32[np.ndarray, " blocks"]
    """Where the song changes, 0 to 1 (checkerboard kernel, Foote 2000)."""
    onsets: Float32[np.ndarray, "onsets 2"]
    """Time and strength of the 256 strongest attacks, both 0 to 1."""


def listen(path: Path, *, longest_s: float = 1800.0) -> Portrait:
    """Hear a sound file; of one longer than ``longest_s``, its beginning.

    Raises:
        ThresherError: the file cannot be read, or holds no samples.
    """
    rate = probe(path).sample_rate
    digest = hashlib.sha256()
    heard = _hashed(stream_audio(path), digest, int(longest_s * rate))
    blocks = list(resample_blocks((block[:, None] for block in heard), rate, SAMPLE_RATE))
    samples = np.concatenate(blocks)[:, 0] if blocks else np.zeros(0, np.float32)
    if not len(samples):
        raise ThresherError("the file holds no samples", looked_at=path)
    portrait = portray(samples, fingerprint=digest.hexdigest())
    return dataclasses.replace(portrait, samples=round(portrait.seconds * rate))


def together(songs: Sequence[Portrait]) -> Portrait:
    """Several songs as one: numbers averaged by length, shapes end to end."""
    if len(songs) == 1:
        return songs[0]
    seconds = np.array([song.seconds for song in songs])
    share = seconds / seconds.sum()
    numbers = {name: float(share @ [getattr(song, name) for song in songs]) for name in NUMBERS}
    chroma = sum((part * song.chroma for part, song in zip(share, songs, strict=True)))
    assert isinstance(chroma, np.ndarray)
    spectrogram = _end_to_end([song.spectrogram for song in songs], share)
    similarity = _similarity(spectrogram)
    starts = np.cumsum(share) - share
    onsets = np.concatenate(
        [
            song.onsets * [part, 1] + [start, 0]
            for song, part, start in zip(songs, share, starts, strict=True)
        ]
    ).astype(np.float32)
    prints = "".join(song.fingerprint for song in songs)
    return Portrait(
        samples=sum(song.samples for song in songs),
        seconds=float(seconds.sum()),
        fingerprint=hashlib.sha256(prints.encode()).hexdigest(),
        **numbers,
        key=int(chroma.argmax()),
        chroma=(chroma / max(float(chroma.max()), 1e-12)).astype(np.float32),
        loudness=_end_to_end([song.loudness for song in songs], share),
        spectrogram=spectrogram,
        similarity=similarity,
        novelty=_novelty(similarity),
        onsets=_strongest(onsets),
    )


def portray(samples: Float[np.ndarray, " samples"], *, fingerprint: str = "") -> Portrait:
    """Measure mono samples at 22.05 kHz (any length, silence included)."""
    short = max(0, SAMPLE_RATE - len(samples))  # a second at least, so every frame exists
    sound = np.nan_to_num(np.pad(samples.astype(np.float32), (0, short)))
    power = _power(sound)
    bands = _bands(power)
    level = 10 * np.log10(power.sum(1) + 1e-9)
    awake = level >= max(level.max() - 40.0, -70.0)
    awake = awake if awake.any() else np.ones_like(awake)
    flux = _flux(bands)
    onsets = _onsets(flux)
    chroma = _chroma(sound)
    log = 10 * np.log10(bands + 1e-9).T
    similarity = _similarity(log)
    return Portrait(
        samples=len(samples),
        seconds=len(samples) / SAMPLE_RATE,
        fingerprint=fingerprint or hashlib.sha256(samples.tobytes()).hexdigest(),
        tempo_bpm=_tempo(flux),
        centroid_octaves=_centroid(power[awake]),
        flatness_db=_flatness(power[awake]),
        loudness_db=float(10 * np.log10(np.mean(power[awake].sum(1)) + 1e-9)),
        dynamic_range_db=_dynamic_range(level[awake]),
        onset_rate_hz=len(onsets) / max(1.0, len(sound) / SAMPLE_RATE),
        low_high_db=_low_over_high(power[awake]),
        mode=_mode(chroma),
        key=int(chroma.argmax()),
        chroma=chroma,
        loudness=_unit(_columns(_smooth(level, 43), COLUMNS), 5.0, 100.0),
        spectrogram=_unit(_columns(log, COLUMNS), 8.0, 99.7),
        similarity=similarity,
        novelty=_novelty(similarity),
        onsets=_strongest(onsets),
    )


def _hashed(
    blocks: Iterator[Float32[np.ndarray, " samples"]], digest: "hashlib._Hash", most: int
) -> Iterator[Float32[np.ndarray, " samples"]]:
    for block in blocks:
        kept = np.ascontiguousarray(block[: max(0, most)])
        most -= len(kept)
        # 16 bits: decoders differ in the last bits of a float, never in these.
        digest.update(np.rint(np.clip(kept, -1, 1) * 32767).astype("<i2").tobytes())
        if len(kept):
            yield kept
        if most <= 0:
            return


def _power(sound: Float32[np.ndarray, " samples"]) -> Float32[np.ndarray, "frames bins"]:
    """Power spectra whose sum is the frame's mean square."""
    window = np.hanning(FRAME).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
    power = np.empty((len(frames), FRAME // 2 + 1), np.float32)
    scale = 2.0 / (FRAME * np.square(window).sum())
    for start in range(0, len(frames), 1024):
        spectrum = fft.rfft(frames[start : start + 1024] * window, axis=1)
        power[start : start + 1024] = (spectrum.real**2 + spectrum.imag**2) * scale
    return power


def _hz() -> Float[np.ndarray, " bins"]:
    return np.asarray(fft.rfftfreq(FRAME, 1 / SAMPLE_RATE))


def _bands(power: Float32[np.ndarray, "frames bins"]) -> Float32[np.ndarray, "frames bands"]:
    """Triangles, equally wide on the log axis but never narrower than a bin."""
    centres = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS)
    width = np.maximum(centres * (HIGHEST_HZ / LOWEST_HZ) ** (1 / BANDS) - centres, 12.0)
    shape = np.maximum(0, 1 - np.abs(_hz()[:, None] - centres) / width)
    weights = shape / np.maximum(shape.sum(0), 1e-6)
    return np.asarray(power @ weights.astype(np.float32))


def _centroid(power: Float32[np.ndarray, "frames bins"]) -> float:
    magnitude = np.sqrt(power[:, 5:]).mean(0)
    hz = float((magnitude * _hz()[5:]).sum() / max(float(magnitude.sum()), 1e-9))
    return float(np.log2(max(hz, LOWEST_HZ) / LOWEST_HZ))


def _flatness(power: Float32[np.ndarray, "frames bins"]) -> float:
    heard = power[:, 10:800] + 1e-12
    ratio = np.log(heard).mean(1) - np.log(heard.mean(1))
    return float(10 / np.log(10) * np.median(ratio))


def _dynamic_range(level: Float32[np.ndarray, " frames"]) -> float:
    phrases = _smooth(level, 17)  # 0.4 s: phrases count, single drum hits do not
    low, high = np.percentile(phrases, [10, 95])
    return float(high - low)


def _low_over_high(power: Float32[np.ndarray, "frames bins"]) -> float:
    hz, mean = _hz(), power.mean(0)
    low, high = mean[hz < 250].sum() + 1e-9, mean[hz > 2000].sum() + 1e-9
    return float(10 * np.log10(low / high))


def _flux(bands: Float32[np.ndarray, "frames bands"]) -> Float[np.ndarray, " frames"]:
    """Rise of the log bands, less its own neighbourhood: attacks of any loudness."""
    log = np.log1p(bands * 1e4)
    rise = np.maximum(0, np.diff(log, axis=0, prepend=log[:1])).mean(1)
    return np.asarray(np.maximum(0, rise - _smooth(rise, 43)), dtype=np.float64)


def _onsets(flux: Float[np.ndarray, " frames"]) -> Float32[np.ndarray, "onsets 2"]:
    peaks, _ = signal.find_peaks(flux, height=0.03, distance=3)
    strength = flux[peaks] / max(float(flux.max()), 1e-9)
    return np.stack([peaks / len(flux), strength], axis=1).astype(np.float32)


def _tempo(flux: Float[np.ndarray, " frames"]) -> float:
    """Autocorrelation of the attacks under a broad preference for 120 bpm (Ellis 2007)."""
    frames_per_minute = 60 * SAMPLE_RATE / HOP
    padded = int(fft.next_fast_len(2 * len(flux)))
    match = fft.irfft(np.abs(fft.rfft(flux - flux.mean(), padded)) ** 2)[: len(flux)]
    lags = np.arange(int(frames_per_minute / 240), int(frames_per_minute / 50))
    lags = lags[lags < len(match)]
    if not len(lags) or match[0] <= 1e-9:
        return 120.0
    prior = np.exp(-0.5 * (np.log2(frames_per_minute / lags / 120) / 0.9) ** 2)
    return float(frames_per_minute / lags[np.argmax(match[lags] * prior)])


def _chroma(sound: Float32[np.ndarray, " samples"]) -> Float32[np.ndarray, "12"]:
    """Strength of each pitch class from 82 Hz (a guitar's low E) to 1.3 kHz."""
    length = 8192  # bins of 2.7 Hz: a semitone apart even at the low E
    window = np.hanning(length).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(
        np.pad(sound, (0, max(0, length - len(sound)))), length
    )[:: length // 2]
    magnitude = np.zeros(length // 2 + 1)
    for start in range(0, len(frames), 128):
        magnitude += np.abs(fft.rfft(frames[start : start + 128] * window, axis=1)).sum(0)
    hz = fft.rfftfreq(length, 1 / SAMPLE_RATE)
    notes = 440.0 * 2 ** (np.arange(-29, 19) / 12)  # E2 to D#6: four whole octaves
    apart = 12 * np.log2(np.maximum(hz[None], 1.0) / notes[:, None])
    weights = np.exp(-0.5 * (apart / 0.3) ** 2)
    level = np.log(weights @ magnitude / weights.sum(1) + 1e-9)
    # Against its own neighbourhood, so that a dark or bright sound has no favourite note.
    level -= ndimage.gaussian_filter1d(level, 6, mode="nearest")
    chroma = np.roll(np.maximum(level, 0).reshape(4, 12).sum(0), 4)
    return np.asarray(chroma / max(float(chroma.max()), 1e-12), dtype=np.float32)


def _mode(chroma: Float32[np.ndarray, "12"]) -> float:
    if chroma.std() < 1e-6:
        return 0.0
    turned = [np.roll(chroma, -tonic) for tonic in range(12)]
    major, minor = (
        max(np.corrcoef(t, profile)[0, 1] for t in turned) for profile in (MAJOR, MINOR)
    )
    return float(major - minor)


def _similarity(
    log: Float[np.ndarray, "bands frames"],
) -> Float32[np.ndarray, "blocks blocks"]:
    blocks = _columns(log, BLOCKS)
    shape = (blocks - blocks.mean(1, keepdims=True)) / (blocks.std(1, keepdims=True) + 1e-3)
    unit = shape / (np.linalg.norm(shape, axis=0, keepdims=True) + 1e-6)
    return np.asarray(np.clip((unit.T @ unit + 1) / 2, 0, 1), dtype=np.float32)


def _novelty(similarity: Float32[np.ndarray, "blocks blocks"]) -> Float32[np.ndarray, " blocks"]:
    """Foote 2000: a checkerboard moved along the diagonal."""
    reach = 8
    edge = np.arange(-reach, reach) + 0.5
    bell = np.exp(-0.5 * (edge / (reach / 2)) ** 2) * np.sign(edge)
    around = np.pad(similarity, reach, mode="edge")
    scores = [
        float(bell @ around[i : i + 2 * reach, i : i + 2 * reach] @ bell)
        for i in range(len(similarity))
    ]
    return _unit(np.asarray(scores, np.float32), 20.0, 100.0)


def _strongest(onsets: Float32[np.ndarray, "all 2"]) -> Float32[np.ndarray, "some 2"]:
    return onsets[np.argsort(-onsets[:, 1], kind="stable")[:256]]


def _end_to_end(
    shapes: Sequence[Float32[np.ndarray, "*rows columns"]], share: Float[np.ndarray, " songs"]
) -> Float32[np.ndarray, "*rows columns"]:
    """Each song's columns, thinned or repeated to its share of the time."""
    place = (np.arange(COLUMNS) + 0.5) / COLUMNS
    ends = np.cumsum(share)
    which = np.minimum(np.searchsorted(ends, place), len(shapes) - 1)
    inside = (place - (ends - share)[which]) / share[which]
    column = np.clip((inside * COLUMNS).astype(int), 0, COLUMNS - 1)
    parts = [shapes[song][..., at] for song, at in zip(which, column, strict=True)]
    return np.stack(parts, axis=-1).astype(np.float32)


def _smooth(curve: Float[np.ndarray, " frames"], width: int) -> Float[np.ndarray, " frames"]:
    return np.asarray(ndimage.uniform_filter1d(curve, width, mode="nearest"))


def _columns(
    values: Float[np.ndarray, "*rows frames"], count: int
) -> Float[np.ndarray, "*rows {count}"]:
    """Mean over ``count`` equal stretches of time (nearest ones where frames are few)."""
    frames = values.shape[-1]
    if frames < count:
        return values[..., (np.arange(count) * frames) // count]
    edges = (np.arange(count + 1) * frames) // count
    sums = np.add.reduceat(values, edges[:-1], axis=-1)
    return np.asarray(sums / np.diff(edges))


def _unit(
    values: Float[np.ndarray, "*shape"], low: float, high: float
) -> Float32[np.ndarray, "*shape"]:
    bottom, top = np.percentile(values, [low, high])
    return np.asarray(np.clip((values - bottom) / max(top - bottom, 1e-6), 0, 1), dtype=np.float32)
