"""The guard against numbers that are not finite."""

from collections.abc import Callable

import torch
from torch import Tensor

from thresher.errors import ThresherError
from thresher.training.learner import Learner

STREAK = 3
"""One bad step is chance and is skipped; so many in a row mean the weights went astray."""

ATTEMPTS = 5
"""Rolling back so often without a good stretch in between is giving up."""

SLOWER = 0.5
"""The learning rate after rolling back, as a part of what it was."""

_LOOK_EVERY_ON_GPU = 16


class Guard:
    """Rolls back to the last good snapshot when several steps in a row were not finite."""

    def __init__(self, learner: Learner, tell: Callable[[str], None]) -> None:
        self.rate_scale = 1.0
        self.skipped = 0
        self.rollbacks = 0
        self._in_a_row = 0
        self._learner, self._tell = learner, tell
        self._snapshot: dict[str, Tensor] = {}

    def remember(self) -> None:
        """Take a snapshot, unless the learner is just now unwell."""
        if int(self._learner.bad_streak.item()):
            return
        live = self._learner.tensors()
        if not self._snapshot:
            self._snapshot = {name: tensor.clone() for name, tensor in live.items()}
        with torch.no_grad():
            for name, tensor in live.items():
                self._snapshot[name].copy_(tensor)
        self._in_a_row = 0

    def look(self, step: int) -> None:
        """After a step: see whether it was finite, and act.

        Raises:
            ThresherError: rolling back did not help, `ATTEMPTS` times.
        """
        # Reading a GPU's number makes the CPU wait for it, so there we look now and then.
        if self._learner.device.type == "cuda" and step % _LOOK_EVERY_ON_GPU:
            return
        streak = int(self._learner.bad_streak.item())
        if streak:
            self.skipped += 1
            self._learner.state = {}
        if streak >= STREAK:
            self._roll_back(step)
        elif step % self._learner.settings.snapshot_steps == 0:
            self.remember()

    def _roll_back(self, step: int) -> None:
        self._in_a_row += 1
        self.rollbacks += 1
        if self._in_a_row > ATTEMPTS:
            raise ThresherError(
                f"loss or gradient was not finite at step {step}, and going back {ATTEMPTS} times "
                f"with ever smaller steps (now {self.rate_scale:g} of the learning rate) "
                "did not help; earlier checkpoints are intact",
                hint="--set learning_rate=… lower, --set precision=float32, or look at the corpus",
            )
        self.rate_scale *= SLOWER
        self._learner.load(self._snapshot)
        self._learner.reset_streak()
        self._tell(
            f"step {step}: {STREAK} steps in a row were not finite; went back to the last good "
            f"weights, learning rate × {self.rate_scale:g} from here"
        )
