"""How high a synthesizer may play before its sidebands fold back at Nyquist."""

import torch

from thresher.errors import ThresherError
from thresher.synths.config import SynthConfig
from thresher.synths.fm import GUARD, largest_index
from thresher.synths.six_operators import patch_named


def check_range(name: str, config: SynthConfig, highest_hz: float) -> None:
    """Refuse a tune whose highest note would sound at wrong pitches too.

    Raises:
        ThresherError: saying the cap, and how much oversampling would lift it.
    """
    rate = config.sample_rate * config.oversample
    top_hz = highest_hz * highest_ratio(name, config)
    if top_hz < rate / 2:
        return
    where = f"at {highest_hz:,.0f} Hz, the highest note, and {rate:,} samples a second"
    factor = -(-top_hz * 2 // config.sample_rate)
    way_out = f"--oversample {factor:.0f}" if factor <= 16 else "lower notes or smaller ratios"
    cap = largest_index(torch.tensor([[highest_hz]]), torch.tensor([config.ratio]), rate).item()
    if name == "fm" and cap > 0:
        raise ThresherError(
            f"index {max(config.index):g} folds back {where}; the cap is {_below(cap):g}",
            hint=f"--index {_below(cap):g}, or {way_out}",
        )
    raise ThresherError(
        f"{name} would fold back: it reaches {top_hz:,.0f} Hz {where}", hint=way_out
    )


def highest_ratio(name: str, config: SynthConfig) -> float:
    """The highest frequency that is to be heard, as a multiple of the pitch."""
    carrier, modulator = config.ratio
    match name:
        case "fm":
            return carrier + (max(config.index) + GUARD) * modulator
        case "am" | "ring":
            return carrier + modulator
        case "six":
            return max(patch_named(config.patch).ratios)
        case _:  # partials and bands past Nyquist are mute
            return 1.0


def _below(cap: float) -> float:
    return int(cap * 100) / 100
