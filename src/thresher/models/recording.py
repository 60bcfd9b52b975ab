"""A step recorded once and replayed by the GPU, and groups of clips that play by it.

One sample is some hundred small products, and telling a GPU about each takes longer than
computing it. A CUDA graph is told once and then replayed as a whole. It knows addresses and
not values, so a step works in buffers that stay where they are, asks nothing of the host,
and always does the same: it plays a window of samples, every index in it a plain number.

The same step runs on the processor without being recorded. That is how it is tested where
there is no GPU; only `_recorded` needs one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from thresher.errors import ThresherError
from thresher.models.family import ClipRequest
from thresher.models.voices import chances

LANES = 256
"""Rows of every product on a GPU. A product with fewer takes about as long there, and a fixed
number is why a clip does not depend on its neighbours: the same shape, the same sums."""

WINDOW = 32
"""Samples of one replay, at least: the host is then asked rarely enough to be never waited for,
and a recording of so many is still made within a second or so."""

AHEAD = 32
"""Windows whose chances and curves go to the GPU in one piece."""

WARM_UPS = 2
"""Runs before the recording: libraries make their rooms and plans then, and may ask the host."""


@runtime_checkable
class Step(Protocol):
    """A window of samples of every lane, in buffers that stay where they are."""

    codes: int
    """Whole numbers in ``past`` lie below; a GPU that looks up more of them must be restarted."""
    chance: Float[Tensor, "window lanes"]
    """Uniform numbers, read."""
    local: Float[Tensor, "rows lanes channels"] | None
    """What curves say in the window, read."""
    letters: Int[Tensor, "window lanes"]
    """What was drawn, written."""
    before: Mapping[str, Shaped[Tensor, "lanes ..."]]
    """All that the window depends on besides: read, and left as it is."""
    after: Mapping[str, Shaped[Tensor, "lanes ..."]]
    """The same at the window's end, written; it may share memory with ``before``."""

    def curves(self, first: int, windows: int) -> Float[Tensor, "windows rows lanes channels"]:
        """What ``local`` is to hold in the windows from sample ``first`` on."""
        ...

    def __call__(self) -> None:
        """Play the window."""
        ...


class Recording:
    """A step as it was, or on a GPU its recording."""

    def __init__(self, step: Callable[[], None], device: torch.device) -> None:
        """Record the step; what its buffers hold is lost by that."""
        self._replay = _recorded(step).replay if device.type == "cuda" else step

    def __call__(self) -> None:
        """Do what the step does, to the same buffers."""
        self._replay()


def _recorded(step: Callable[[], None]) -> torch.cuda.CUDAGraph:
    """The step as a graph of the current GPU; memory it needs in between is the graph's own."""
    with _exact_products():
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                step()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
    return graph


@contextmanager
def _exact_products() -> Iterator[None]:
    """Float32 products in float32, and not in the GPU's ten bits (TF32)."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


class RecordedGroup:
    """Clips that one recorded step plays, window after window.

    Windows begin at multiples of their length, whatever counts are asked for. So a state
    is what the last window began with and how many samples were played: whoever goes on
    from it plays that window again, and hands out only what is new.
    """

    @torch.inference_mode()
    def __init__(
        self,
        step: Step,
        requests: Sequence[ClipRequest],
        start: Mapping[str, Shaped[Tensor, "clips ..."]],
    ) -> None:
        """Record the step, then let the clips begin where ``start`` says."""
        self._step, self._requests, self._done = step, requests, 0
        self._window, self._lanes = step.letters.shape
        self._next_window = Recording(self._onward, step.letters.device)
        self._put(start)

    @property
    def clips(self) -> int:
        """How many."""
        return len(self._requests)

    @torch.inference_mode()
    def play(self, count: int) -> Int[np.ndarray, "clips count"]:
        """The next ``count`` letters of every clip."""
        left = -self._done % self._window
        drawn = [self._step.letters[self._window - left :].clone()]
        drawn += self._windows(self._done + left, -((left - count) // self._window))
        self._done += count
        letters = torch.cat(drawn)[:count, : self.clips].T
        return letters.to("cpu", torch.int32).contiguous().numpy()

    @torch.inference_mode()
    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, by clips first."""
        held = self._step.before if self._done else self._step.after
        parts = {name: part[: self.clips].cpu().numpy().copy() for name, part in held.items()}
        return {**parts, "done": np.full(self.clips, self._done)}

    @torch.inference_mode()
    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state.

        Raises:
            ThresherError: it holds codes that there are not.
        """
        if state["past"].dtype.kind != "f" and (state["past"] >= self._step.codes).any():
            raise ThresherError(
                f"the state's 'past' holds codes beyond the model's {self._step.codes}",
                hint="a state saved by the same model",
            )
        self._put({name: torch.from_numpy(state[name]) for name in self._step.after})
        self._done = int(state["done"][0])
        if self._done:
            last = (self._done - 1) // self._window * self._window
            list(self._windows(last, 1))

    def _windows(self, first: int, count: int) -> Iterator[Int[Tensor, "window lanes"]]:
        """Play windows from sample ``first`` on; what they drew stays on the device."""
        step, size = self._step, self._window
        for at in range(0, count, AHEAD):
            n, start = min(AHEAD, count - at), first + at * size
            numbers = chances(self._requests, start, n * size, self._lanes)
            chance = torch.from_numpy(numbers).to(step.chance.device).reshape(n, size, -1)
            curves = None if step.local is None else step.curves(start, n)
            for window in range(n):
                step.chance.copy_(chance[window])
                if step.local is not None and curves is not None:
                    step.local.copy_(curves[window])
                self._next_window()
                yield step.letters.clone()

    def _onward(self) -> None:
        """What is recorded: the end of the last window is where the next begins."""
        for name, part in self._step.before.items():
            part.copy_(self._step.after[name].clone())  # they may overlap
        self._step()

    def _put(self, rows: Mapping[str, Shaped[Tensor, "clips ..."]]) -> None:
        """Let the next window begin here; lanes without a clip do as the last clip does."""
        fill = [*range(self.clips), *[self.clips - 1] * (self._lanes - self.clips)]
        for name, part in self._step.after.items():
            part.copy_(rows[name][fill])
