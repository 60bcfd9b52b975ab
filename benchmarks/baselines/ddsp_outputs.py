"""Play given controls on magenta/ddsp; run by benchmarks/synth_agreement.py in its environment.

python ddsp_outputs.py CONTROLS.npz SOUNDS.npz
"""

import os
import sys
import types

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.modules["crepe"] = types.ModuleType("crepe")  # only its losses want it

import ddsp  # noqa: E402
import numpy as np  # noqa: E402


def main() -> None:
    given = np.load(sys.argv[1])
    samples, rate = given["noise"].shape[1], int(given["sample_rate"])
    sounds = {}
    for exact in (False, True):
        synth = ddsp.synths.Harmonic(samples, rate, scale_fn=None, use_angular_cumsum=exact)
        for pitch in ("steady", "gliding", "crossing"):
            controls = synth.get_controls(
                given["amplitude"][..., None], given["distribution"], given[pitch][..., None]
            )
            sounds[f"{pitch} {'chunked' if exact else 'plain'}"] = synth.get_signal(**controls)
    sounds["noise"] = ddsp.core.frequency_filter(given["noise"], given["magnitudes"], window_size=0)
    room = ddsp.effects.Reverb(reverb_length=given["impulse"].shape[0], trainable=False)
    impulse = np.tile(given["impulse"], (len(given["noise"]), 1))
    sounds["reverb"] = room.get_signal(given["noise"], impulse)
    loss = ddsp.losses.SpectralLoss(mag_weight=1.0, logmag_weight=1.0)
    sounds["loss"] = loss(given["noise"], sounds["noise"])
    np.savez(sys.argv[2], **{name: np.asarray(sound) for name, sound in sounds.items()})


if __name__ == "__main__":
    main()
