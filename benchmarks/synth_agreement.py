"""Whether our synthesizers say what magenta/ddsp's say, given the same controls and noise.

    python benchmarks/synth_agreement.py PYTHON

PYTHON is that of an environment with ddsp 3.7.0; this one served:

    python3.11 -m venv other && other/bin/pip install tensorflow-cpu tf-keras scipy librosa
    other/bin/pip install --no-deps ddsp gin-config tensorflow-probability dm-tree \
        decorator cloudpickle

Prints the Markdown table of docs/synths.md, 'Beside magenta/ddsp'.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from thresher.nn.spectral_loss import multi_scale_spectral_loss
from thresher.synths.harmonic import harmonic
from thresher.synths.noise import filtered_noise
from thresher.synths.reverb import reverberate

RATE, HOP, FRAMES, BATCH = 16_000, 64, 1_000, 2
BASELINE = Path(__file__).parent / "baselines" / "ddsp_outputs.py"


def controls() -> dict[str, np.ndarray]:
    dice = np.random.default_rng(0)
    even = np.ones((BATCH, FRAMES))
    given = {
        "amplitude": dice.uniform(0.1, 1, (BATCH, FRAMES)),
        "distribution": dice.uniform(0.01, 1, (BATCH, FRAMES, 60)),
        "steady": even * [[110.0], [131.0]],
        "gliding": np.linspace(80, 130, FRAMES) * even,
        "crossing": np.geomspace(100, 900, FRAMES) * even,
        "magnitudes": dice.uniform(0, 1, (BATCH, FRAMES, 65)),
        "noise": dice.uniform(-1, 1, (BATCH, FRAMES * HOP)),
        "impulse": dice.normal(0, 0.01, 48_000),
    }
    return {name: value.astype(np.float32) for name, value in given.items()}


def theirs(python: str, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "controls.npz"), Path(folder, "sounds.npz")
        np.savez(asked, sample_rate=RATE, **given)
        subprocess.run([python, str(BASELINE), str(asked), str(answered)], check=True)
        with np.load(answered) as sounds:
            return dict(sounds)


def ours(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    have = {name: torch.from_numpy(value) for name, value in given.items()}
    sounds = {
        pitch: harmonic(have[pitch], have["amplitude"], have["distribution"], RATE, HOP)
        for pitch in ("steady", "gliding", "crossing")
    }
    sounds["noise"] = filtered_noise(have["magnitudes"], HOP, have["noise"])
    sounds["reverb"] = reverberate(have["noise"], have["impulse"])
    sounds["loss"] = multi_scale_spectral_loss(have["noise"], sounds["noise"])
    return {name: sound.numpy() for name, sound in sounds.items()}


def equation(given: dict[str, np.ndarray], pitch: str) -> np.ndarray:
    """The first clip's harmonic sound in float64, written straight from the definition."""
    hz = given[pitch][0].astype(np.float64)
    shares = given["distribution"][0] * (hz[:, None] * np.arange(1, 61) < RATE / 2)
    level = given["amplitude"][0][:, None] * shares / shares.sum(1, keepdims=True)
    level = np.concatenate([level, level[-1:]])
    rising = (0.5 - 0.5 * np.cos(np.pi * np.arange(HOP) / HOP))[None, :, None]
    levels = (level[:-1, None] * (1 - rising) + level[1:, None] * rising).reshape(-1, 60)
    times = np.minimum(np.arange(FRAMES * HOP) / HOP, FRAMES - 1)
    turns = np.cumsum(np.interp(times, np.arange(FRAMES), hz) / RATE)
    return sum(levels[:, k] * np.sin(2 * np.pi * ((k + 1) * turns % 1)) for k in range(60))


def main() -> None:
    given = controls()
    reference, made = theirs(sys.argv[1], given), ours(given)
    print("| sound, 4 s at 16 kHz | largest difference | RMS | equation, ours | equation, ddsp |")
    print("|---|---|---|---|---|")
    for name, sound in reference.items():
        own = made[name.split()[0]]
        gap = np.abs(own - sound)
        errors = ["", ""]
        if name.startswith(("steady", "gliding")):
            truth = equation(given, name.split()[0])
            errors = [f"{np.abs(made_by[0] - truth).max():.1e}" for made_by in (own, sound)]
        print(
            f"| {name} | {gap.max():.1e} | {np.sqrt((gap**2).mean()):.1e} | {' | '.join(errors)} |"
        )


if __name__ == "__main__":
    main()
