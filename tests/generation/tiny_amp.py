"""An amplifier that plays in no time, as a run of a workspace."""

import torch

from thresher.disk import whole_folder, write_json
from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.network import AmpNetwork
from thresher.models.checkpoint import Checkpoint, save_checkpoint


def amp_run(workspace, name="amp1", sample_rate=16_000):
    """Its folder; it has one knob, "gain"."""
    torch.manual_seed(0)
    # One that no kernel plays: compiling it would take longer than all tests of it.
    shape = {**PRESETS["va8"], "channels": (2, 2), "dilations": ((1,), (2,))}
    config = AmpConfig(**shape, knobs=("gain",), sample_rate=sample_rate)
    checkpoint = Checkpoint(
        family="amp", stages=("network",), config=config, sample_rate=sample_rate, step=1
    )
    folder = workspace.run(name)
    with whole_folder(folder / "checkpoints" / "step-00000001") as part:
        save_checkpoint(part, checkpoint, {"network": AmpNetwork(config)})
    known = {"best": "step-00000001", "latest": "step-00000001"}
    write_json(folder / "manifest.json", {"kind": "run", "id": name, **known})
    return folder
