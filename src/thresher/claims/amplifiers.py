"""How near a learned amplifier comes to its circuit, and how fast it plays."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from thresher.audio.null_test import error_by_band, error_to_signal
from thresher.claims.circuits import CIRCUITS, RATE, strings
from thresher.claims.learning import Trained
from thresher.errors import ThresherError
from thresher.models.amp.anatomy import amplify
from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.live import Live
from thresher.models.amp.network import AmpNetwork
from thresher.models.checkpoint import open_checkpoint
from thresher.models.voices import one_thread
from thresher.settings import replace

FRESH_SECONDS, FRESH_SEED = 10.0, 1_000_000
"""Strings that no arm learned from, the same for all arms."""

TREBLE_HZ = 4_000


class Heard(NamedTuple):
    """The same strings through the circuit, and through what was learned of it."""

    wanted: Float[np.ndarray, " samples"]
    made: Float[np.ndarray, " samples"]


def held_out_esr(trained: Trained) -> float:
    """Error to signal over ten seconds of strings it never heard, at the last step."""
    return error_to_signal(*_heard(trained))


def treble_error(trained: Trained) -> float:
    """The same of what lies above 4 kHz."""
    bands = error_by_band(*_heard(trained), RATE, edges_hz=(0, TREBLE_HZ))
    return bands[-1].esr


@dataclass(frozen=True, kw_only=True)
class Amplifying:
    """Which network plays live, in which blocks."""

    preset: str = "standard"
    block: int = 64
    seconds: float = 4.0


def amplify_live(options: Amplifying, seed: int) -> dict[str, float]:
    """Processor time of blocks, over how long they sound: of all, and of the slowest hundredth."""
    if options.preset not in PRESETS:
        raise ThresherError(f"amp has no preset '{options.preset}'", hint=", ".join(PRESETS))
    torch.manual_seed(seed)
    with one_thread():
        live = Live(AmpNetwork(replace(AmpConfig(), PRESETS[options.preset])).eval())
    dry = strings(options.seconds, seed).astype(np.float32)
    wet, block, taken = np.empty_like(dry), options.block, []
    live.play(dry[:block], wet[:block])  # the first call compiles
    for at in range(0, len(dry) - block + 1, block):
        before = time.thread_time()
        live.play(dry[at : at + block], wet[at : at + block])
        taken.append(time.thread_time() - before)
    shares = np.array(taken) * RATE / block
    return {
        "real-time factor": float(shares.mean()),
        "slowest blocks": float(np.percentile(shares, 99)),
    }


def _heard(trained: Trained) -> Heard:
    circuit = CIRCUITS.get(trained.arm.corpus.sound)
    if circuit is None or trained.run.latest is None:
        raise ThresherError(
            f"'{trained.arm.corpus.sound}' is no made amplifier",
            hint=" or ".join(CIRCUITS),
        )
    checkpoint = open_checkpoint(trained.run.latest)
    dry = strings(FRESH_SECONDS, FRESH_SEED)
    with one_thread():
        made = amplify(checkpoint.networks(), checkpoint.config, dry, None)
    return Heard(circuit(dry), made)
