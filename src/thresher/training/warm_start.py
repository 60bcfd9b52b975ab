"""Beginning a run with another run's weights."""

from collections.abc import Callable
from pathlib import Path

import torch

from thresher.disk import MANIFEST
from thresher.errors import ThresherError
from thresher.models.checkpoint import CHECKPOINT, find_checkpoint, open_checkpoint
from thresher.training.learner import Learner
from thresher.workspace import Workspace


def find_weights(workspace: Workspace, where: str) -> Path:
    """The checkpoint folder that a run id, a run's folder or a checkpoint's folder names.

    Raises:
        ThresherError: there is no such thing.
    """
    path = Path(where)
    if (path / CHECKPOINT).is_file():
        return path
    if (path / MANIFEST).is_file():
        return find_checkpoint(path, "best")
    if path.name != where or not (workspace.run(where) / MANIFEST).is_file():
        raise ThresherError(
            f"{where!r} is neither a run nor a checkpoint",
            looked_at=path if path.name != where else workspace.run(where),
            hint="a run's id, or the folder of a run or checkpoint",
        )
    return find_checkpoint(workspace.run(where), "best")


def load_weights(
    learner: Learner, checkpoint: Path, stage: str, tell: Callable[[str], None]
) -> None:
    """Copy a checkpoint's weights into a learner's network and its average.

    A tensor of another shape (a new list of artists changes some) keeps its initial values,
    and is named.

    Raises:
        ThresherError: the checkpoint is broken, or less than half of it fits.
    """
    opened = open_checkpoint(checkpoint)
    if stage not in opened.stages:
        return
    given = opened.networks()[stage].state_dict()
    own = learner.network.state_dict()
    fitting = [name for name in own if name in given and given[name].shape == own[name].shape]
    kept = sorted(own.keys() - set(fitting))
    if 2 * sum(own[n].numel() for n in fitting) < sum(tensor.numel() for tensor in own.values()):
        raise ThresherError(
            f"the weights of {checkpoint.name} do not fit this network "
            f"({len(kept)} of {len(own)} tensors differ, {', '.join(kept[:3])} …)",
            looked_at=checkpoint,
            hint="leave out --preset and --set, so that its own settings are used",
        )
    with torch.no_grad():
        for network in (learner.network, learner.average):
            if network is not None:
                mine = network.state_dict()
                for name in fitting:
                    mine[name].copy_(given[name])
    if kept:
        tell(f"not in {checkpoint.name}, so left as initialised: {', '.join(kept)}")
