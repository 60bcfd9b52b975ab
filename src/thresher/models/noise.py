"""Random numbers as an input: one clip, one seed, addressed by sample.

A sampler never draws from a global generator. Every sample's number is a function of the
clip's seed and the sample's place, so a clip does not depend on its neighbours, on how it
is cut into blocks or on the engine that plays it.
"""

import numpy as np
from jaxtyping import Float

_PER_STEP = 4
"""Philox4x64 makes four 64-bit words for each step of its counter (Salmon et al. 2011)."""

_MANTISSA = 24
"""Bits of a float32: the most that a uniform number below 1 can hold without rounding up."""


def clip_uniforms(seed: int, start_sample: int, count: int) -> Float[np.ndarray, " count"]:
    """Uniform numbers in [0, 1) for ``count`` samples of a clip, from any place in it.

    Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3": the n-th number is
    a hash of (seed, n), so nothing is skipped to reach it and there is no state to keep.

    >>> whole = clip_uniforms(7, 0, 10)
    >>> bool((clip_uniforms(7, 6, 4) == whole[6:]).all())
    True
    """
    step, offset = divmod(start_sample, _PER_STEP)
    words = np.random.Philox(key=seed % 2**128, counter=step).random_raw(offset + count)[offset:]
    mantissas = (words >> np.uint64(64 - _MANTISSA)).astype(np.float32)
    return mantissas * np.float32(2.0**-_MANTISSA)


def clip_seed(base_seed: int, index: int) -> int:
    """Seed of a set's clip, in [0, 2**63): neighbouring sets and clips share nothing.

    Adding index to seed would make clip 1 of seed 0 the same as clip 0 of seed 1.
    O'Neill's mixing in numpy's SeedSequence keeps them apart.
    """
    mixed = np.random.SeedSequence([base_seed % 2**128, index]).generate_state(1, np.uint64)
    return int(mixed[0] >> np.uint64(1))
