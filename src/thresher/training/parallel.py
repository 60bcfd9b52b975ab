"""Several processes that train as one (torchrun), or a single one that need not know.

Decisions that depend on the clock are taken by rank 0 alone and shared, because two
processes never read the same time.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from thresher.errors import ThresherError
from thresher.models.family import Batch


class Team:
    """The processes of one run; a team of one does nothing at all."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank = rank
        self.size = size
        # Decisions travel on the CPU: through NCCL each would wait for the GPU.
        self._words = dist.new_group(backend="gloo") if size > 1 else None

    @property
    def leads(self) -> bool:
        """Whether this process writes and decides."""
        return self.rank == 0

    def average_(self, tensors: Sequence[Tensor]) -> None:
        """Replace every tensor by its mean over the team (one message for all of them)."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        torch._foreach_copy_(
            list(tensors), [p.view_as(t) for p, t in zip(parts, tensors, strict=True)]
        )

    def follow(self, values: Sequence[float]) -> list[float]:
        """Rank 0's values, on every rank."""
        if self.size == 1:
            return list(values)
        words = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(words, src=0, group=self._words)
        return [float(word) for word in words]

    def follow_text(self, text: str) -> str:
        """Rank 0's text, on every rank."""
        if self.size == 1:
            return text
        box = [text]
        dist.broadcast_object_list(box, src=0, group=self._words)
        return box[0]

    def gather(self, tensors: dict[str, Tensor]) -> list[dict[str, Tensor]]:
        """Every rank's tensors on rank 0, in rank order (nothing elsewhere)."""
        if self.size == 1:
            return [tensors]
        boxes: list[dict[str, Tensor] | None] = [None] * self.size
        dist.gather_object(tensors, boxes if self.leads else None, dst=0, group=self._words)
        return [box for box in boxes if box is not None]

    def slice(self, batch: Batch) -> Batch:
        """Part of a batch that is this process's (dim 0 of every tensor is the batch)."""
        if self.size == 1:
            return batch
        parts = {}
        for name, tensor in batch.tensors.items():
            share, rest = divmod(tensor.shape[0], self.size)
            if rest:
                raise ThresherError(
                    f"a batch of {tensor.shape[0]} cannot be divided by {self.size} processes",
                    hint=f"--set batch_size={(share + 1) * self.size}",
                )
            parts[name] = tensor[self.rank * share : (self.rank + 1) * share]
        return batch._replace(tensors=parts)


@contextlib.contextmanager
def team(device: torch.device) -> Iterator[Team]:
    """Join the team that torchrun started, or be a team of one."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team()
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Team(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
