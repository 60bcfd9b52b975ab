"""The room, a block at a time: a long impulse response without a long wait.

One product of spectra over three seconds of room would be made for every few milliseconds of
sound. Instead the impulse is cut into blocks as long as the sound's own, and each block of
sound meets each block of the room as spectra of twice that length: the work is spread evenly
(uniformly partitioned overlap-save, Stockham 1966; Wefers 2015, chapter 5).
"""

import numpy as np
from jaxtyping import Complex64, Float32


class Echoes:
    """What a room answers, block by block."""

    def __init__(self, impulse: Float32[np.ndarray, " taps"], block: int) -> None:
        """Cut the impulse up; its first tap counts as zero, for the dry sound says it already."""
        parts = -(-len(impulse) // block)
        padded = np.zeros(parts * block, np.float32)
        padded[1 : len(impulse)] = impulse[1:]
        self._block = block
        self._room: Complex64[np.ndarray, "parts bins"] = np.fft.rfft(
            padded.reshape(parts, block), 2 * block, axis=1
        ).astype(np.complex64)

    def silence(self) -> dict[str, np.ndarray]:
        """What is carried at the beginning."""
        shape = self._room.shape
        return {
            "heard": np.zeros((*shape, 2), np.float32),
            "last": np.zeros(self._block, np.float32),
        }

    def answer(
        self, dry: Float32[np.ndarray, " block"], carried: dict[str, np.ndarray]
    ) -> Float32[np.ndarray, " block"]:
        """The room's answer to one block and all before it; ``carried`` is brought up to date."""
        heard = carried["heard"].view(np.complex64)[..., 0]
        heard[1:] = heard[:-1].copy()
        heard[0] = np.fft.rfft(np.concatenate([carried["last"], dry]))
        carried["last"][:] = dry
        summed = np.einsum("pb,pb->b", heard, self._room)
        return np.fft.irfft(summed)[self._block :].astype(np.float32)
