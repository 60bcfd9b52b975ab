"""Six oscillators bending each other, wired as on a DX7.

    out_i = l_i sin(r_i phi + 2 pi m sum_j out_j)       over the operators j wired into i

Operators wired into nothing are heard. Level 1 of a modulator bends by m = 0.32 turns (2.01
rad). Ratios and wirings: Caspe et al. 2022, DDX7: Differentiable FM Synthesis of Musical
Instrument Sounds, and fcaspe/ddx7 ``ddx7/core.py``. Operators that the patches mark for
feedback have none, there as here.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from thresher.errors import ThresherError
from thresher.synths.framing import hann_between, hold_last, linear_between
from thresher.synths.phase import TURN, accumulate_each

LARGEST_TURNS = 0.32
"""How far a modulator at level 1 bends another, in turns."""


class Patch(NamedTuple):
    """Six ratios and who bends whom; operators are counted from 1."""

    name: str
    ratios: tuple[float, float, float, float, float, float]
    wires: tuple[tuple[int, int], ...]
    """Pairs (modulator, modulated); a modulator always has the higher number."""
    about: str

    @property
    def heard(self) -> tuple[int, ...]:
        """Operators that bend no other."""
        bending = {modulator for modulator, _ in self.wires}
        return tuple(i for i in range(1, 7) if i not in bending)


STRINGS = Patch(
    "strings",
    (1.0, 1.0, 1.0, 1.0, 3.0, 14.0),
    ((6, 5), (5, 4), (4, 3), (2, 1)),
    "a chain of four and a pair, side by side: bowed, with a rasp far up",
)
BRASS = Patch(
    "brass",
    (1.0, 1.0, 1.0, 1.0, 3.2, 8.5),
    ((6, 5), (5, 4), (4, 1), (3, 1), (2, 1)),
    "three branches into one: bright, with a noisy attack from the crooked ratios",
)
FLUTE = Patch(
    "flute",
    (1.0, 1.0, 1.0, 2.0, 2.0, 1.5),
    ((6, 5), (5, 1), (4, 3), (3, 1), (2, 1)),
    "low ratios into one: round, with an octave of breath",
)
PATCHES = (STRINGS, BRASS, FLUTE)


def patch_named(name: str) -> Patch:
    """One of `PATCHES`.

    Raises:
        ThresherError: there is none of that name.
    """
    for patch in PATCHES:
        if patch.name == name:
            return patch
    raise ThresherError(
        f"there is no patch '{name}'", hint=f"one of {', '.join(p.name for p in PATCHES)}"
    )


def six_operators(
    f0_hz: Float[Tensor, "batch frames"],
    levels: Float[Tensor, "batch frames operators=6"],
    patch: Patch,
    sample_rate: int,
    hop: int,
) -> Float[Tensor, "batch samples"]:
    """A patch played with levels in [0, 1], operator 1 first; heard operators are summed."""
    return six_operators_from(None, hold_last(f0_hz), hold_last(levels), patch, sample_rate, hop)[0]


def six_operators_from(
    angles: Float64[Tensor, "batch 6"] | None,
    f0_hz: Float[Tensor, "batch frames"],
    levels: Float[Tensor, "batch frames 6"],
    patch: Patch,
    sample_rate: int,
    hop: int,
) -> tuple[Float[Tensor, "batch samples"], Float64[Tensor, "batch 6"]]:
    """`six_operators` from given angles on; of T + 1 frames the last is only looked at."""
    ratios = torch.tensor(patch.ratios, device=levels.device).expand(len(levels), 6)
    turned = accumulate_each(linear_between(f0_hz, hop), ratios, sample_rate, angles)
    angle, level = turned.to(levels.dtype).unbind(2), hann_between(levels, hop).unbind(2)
    out: dict[int, Tensor] = {}
    for i in range(6, 0, -1):
        bends = [out[j] for j, bent in patch.wires if bent == i]
        bend = TURN * LARGEST_TURNS * torch.stack(bends).sum(0) if bends else 0
        out[i] = level[i - 1] * torch.sin(angle[i - 1] + bend)
    return torch.stack([out[i] for i in patch.heard]).sum(0), turned[:, -1]
