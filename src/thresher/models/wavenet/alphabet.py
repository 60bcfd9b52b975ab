"""What a sampler draws from: codes, or 16-bit heights; what each sounds like and feeds back."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, Num
from torch import Tensor

from thresher.audio.quantise import decode_table, encode, silence_code
from thresher.models.wavenet.config import WaveNetConfig

SIXTEEN_BIT = 2**16


class Alphabet(NamedTuple):
    """Tables over the letters that can be drawn."""

    heights: Float32[np.ndarray, " letters"]
    """What a letter sounds like, in [-1, 1]."""
    fed: Num[Tensor, " letters"]
    """What the network reads where it was drawn: a code or a height."""
    silence: int


def alphabet_of(config: WaveNetConfig) -> Alphabet:
    """The letters of a network: its codes under a softmax, else all 16-bit heights."""
    quantiser, levels = config.quantiser, config.levels
    if config.output == "softmax":
        heights, silence = decode_table(quantiser, levels), silence_code(quantiser, levels)
        codes = np.arange(levels)
    else:
        heights = (np.arange(SIXTEEN_BIT, dtype=np.float32) - SIXTEEN_BIT // 2) / (SIXTEEN_BIT // 2)
        silence = SIXTEEN_BIT // 2
        codes = encode(heights, quantiser, levels).astype(np.int64)
    fed = torch.from_numpy(codes if config.input == "codes" else heights.copy())
    return Alphabet(heights, fed, silence)


def letters_of(audio: Float[np.ndarray, "*n"], config: WaveNetConfig) -> Int64[np.ndarray, "*n"]:
    """Audio in letters, clipped to [-1, 1]."""
    clipped = np.clip(audio, -1, 1)
    if config.output == "softmax":
        return encode(clipped, config.quantiser, config.levels).astype(np.int64)
    half = SIXTEEN_BIT // 2
    letters: Int64[np.ndarray, "*n"] = np.round(clipped * half).astype(np.int64) + half
    return letters.clip(max=SIXTEEN_BIT - 1)
