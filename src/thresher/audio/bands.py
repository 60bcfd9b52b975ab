"""Sound as bands: spectra every 10 ms that add up to the sound again, and 32 bands of them.

The window is sin(pi/2 sin^2), once going in and once going out: the squares of two neighbours add
up to one, so spectra that nobody touched give the sound back. Valin 2018, section II; bands in
steps of what an ear tells apart, as in xiph/rnnoise 0.2.
"""

import numpy as np
from jaxtyping import Complex64, Float, Float32

from thresher.errors import ThresherError

HIGHEST_HZ = 20_000.0
"""The last band's middle, where the rate reaches it; all above belongs to that band."""


def band_hop(sample_rate: int) -> int:
    """Samples from one spectrum to the next: 10 ms.

    >>> band_hop(44_100), band_hop(22_050)
    (441, 220)
    """
    return round(sample_rate / 100)


def window(hop: int) -> Float32[np.ndarray, " twice_hop"]:
    """Both ways; the squares of two windows half-way over each other add up to one."""
    inner = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop))
    return np.sin(np.pi / 2 * inner**2).astype(np.float32)


def analyse(
    audio: Float32[np.ndarray, "*batch samples"], hop: int
) -> Complex64[np.ndarray, "*batch frames bins"]:
    """Spectra of ``hop + 1`` bins; frame t hears samples (t - 1) hop to (t + 1) hop.

    There is one frame more than whole or begun hops: the last samples need it to come out again.
    Before the beginning and after the end there is silence.
    """
    count = -(-audio.shape[-1] // hop) + 1
    sides = [(0, 0)] * (audio.ndim - 1)
    padded = np.pad(audio, [*sides, (hop, count * hop - audio.shape[-1])])
    return spectra_of(padded, hop)


def spectra_of(
    audio: Float32[np.ndarray, "*batch samples"], hop: int
) -> Complex64[np.ndarray, "*batch frames bins"]:
    """The same of nothing but the samples given: a frame for every hop but the first.

    A stream hands its last hop in again, before what is new.
    """
    hops = audio.reshape(*audio.shape[:-1], -1, hop)
    framed = np.concatenate([hops[..., :-1, :], hops[..., 1:, :]], axis=-1)
    spectra: Complex64[np.ndarray, "*batch frames bins"] = np.fft.rfft(
        framed * window(hop), axis=-1
    ).astype(np.complex64)
    return spectra


def synthesise(
    spectra: Complex64[np.ndarray, "*batch frames bins"], hop: int
) -> Float32[np.ndarray, "*batch samples"]:
    """Spectra back to sound, ``frames * hop`` samples, one hop later than it went in.

    That is how a stream comes out: ``synthesise(analyse(x, hop), hop)[hop : hop + len(x)]`` is x.
    """
    sides = [(0, 0)] * (spectra.ndim - 2)
    late = windowed(spectra, hop)
    before = np.pad(late[..., :-1, hop:], [*sides, (1, 0), (0, 0)])
    out: Float32[np.ndarray, "*batch frames hop"] = before + late[..., :hop]
    return out.reshape(*spectra.shape[:-2], -1)


def windowed(
    spectra: Complex64[np.ndarray, "*batch frames bins"], hop: int
) -> Float32[np.ndarray, "*batch frames twice_hop"]:
    """What each frame adds to the sound: its first hop ends one block, its second begins one."""
    framed = np.fft.irfft(spectra, n=2 * hop, axis=-1).astype(np.float32)
    return np.asarray(framed * window(hop), np.float32)


def with_gains(
    audio: Float32[np.ndarray, " samples"],
    gains: Float[np.ndarray, "frames bins"],
    hop: int,
) -> Float32[np.ndarray, " samples"]:
    """A sound whose spectra were multiplied bin by bin, in its own time: no sample is late."""
    shaped = (analyse(audio, hop) * gains).astype(np.complex64)
    return synthesise(shaped, hop)[hop : hop + len(audio)]


def erb_bands(rate: int, hop: int, count: int = 32) -> Float32[np.ndarray, "count bins"]:
    """Weights of triangular bands, ``hop + 1`` bins each, that sum to one in every bin.

    Middles are evenly spaced in equivalent rectangular bandwidths (Glasberg and Moore 1990), from
    zero up to 20 kHz or half the rate, but at least a bin apart.

    Raises:
        ThresherError: there are fewer bins than bands.
    """
    if hop + 1 < count:
        raise ThresherError(
            f"{rate} Hz is too low a rate for {count} bands", hint=f"{count * 100} Hz or more"
        )
    highest = min(HIGHEST_HZ, rate / 2)
    numbers = np.linspace(0, _erb_number(highest), count)
    bins = np.round((10 ** (numbers / 21.4) - 1) / 0.00437 / (rate / (2 * hop)))
    for band in range(1, count):
        bins[band] = max(bins[band], bins[band - 1] + 1)
    # Interpolating each band's own unit vector draws its triangle; the last one stays up.
    places = np.arange(hop + 1)
    return np.stack([np.interp(places, bins, row) for row in np.eye(count)]).astype(np.float32)


def _erb_number(hz: float) -> float:
    return float(21.4 * np.log10(1 + 0.00437 * hz))


def band_energies(
    spectra: Complex64[np.ndarray, "*batch frames bins"], bands: Float32[np.ndarray, "count bins"]
) -> Float32[np.ndarray, "*batch frames count"]:
    """Energy in each band; their sum is the energy of the frame."""
    power = spectra.real**2 + spectra.imag**2
    return np.asarray(power @ bands.T, np.float32)


def over_bins(
    gains: Float32[np.ndarray, "*batch frames count"], bands: Float32[np.ndarray, "count bins"]
) -> Float32[np.ndarray, "*batch frames bins"]:
    """Gains of bands as gains of bins, in straight lines between the bands' middles."""
    return np.asarray(gains @ bands, np.float32)
