"""Training examples: stretches of both sides, and all that is held out in one piece."""

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from thresher.corpus import Pairs
from thresher.errors import ThresherError
from thresher.models.amp.config import AmpConfig
from thresher.models.amp.fitting import pairs_of
from thresher.models.family import Batch, Examples, ExamplesRequest


def pair_examples(request: ExamplesRequest) -> Examples:
    """Lay out the pairs of a corpus.

    Raises:
        ThresherError: there are none, or they are shorter than one example.
    """
    pairs, config = pairs_of(request.corpus), request.config
    if request.split == "validation":
        return HeldOut(pairs, config)
    if config.architecture == "lstm":
        return LivePlaces(pairs, config, request.batch_size, request.seed)
    return Places(pairs, config, config.output_samples, request.batch_size, request.seed)


class Excerpts:
    """Both sides of any place, silence before the beginning of a pair."""

    def __init__(self, pairs: Pairs, config: AmpConfig) -> None:
        self._pairs, self._context = pairs, config.context
        # A pair begins where its learning does; what is held out was preceded by that.
        self._first = pairs.training[:, 0]

    def dry(self, pair: int, start: int, stop: int, *, context: bool) -> Float32[np.ndarray, " _"]:
        """From ``start``, or from ``context`` samples before it."""
        begin = start - self._context if context else start
        missing = max(0, int(self._first[pair]) - begin)
        return np.pad(self._pairs.dry[begin + missing : stop], (missing, 0))

    def batch(
        self, pairs: Int64[np.ndarray, " batch"], starts: Int64[np.ndarray, " batch"], count: int
    ) -> dict[str, Tensor]:
        """Places side by side, each with its context."""
        return self._tensors(pairs, starts, count, context=True)

    def onward(
        self, pairs: Int64[np.ndarray, " batch"], starts: Int64[np.ndarray, " batch"], count: int
    ) -> dict[str, Tensor]:
        """Places side by side that a state leads up to."""
        return self._tensors(pairs, starts, count, context=False)

    def _tensors(
        self,
        pairs: Int64[np.ndarray, " batch"],
        starts: Int64[np.ndarray, " batch"],
        count: int,
        *,
        context: bool,
    ) -> dict[str, Tensor]:
        places = list(zip(pairs.tolist(), starts.tolist(), strict=True))
        dry = [self.dry(pair, at, at + count, context=context) for pair, at in places]
        wet = [self._pairs.wet[at : at + count] for _, at in places]
        tensors = {"dry": np.stack(dry), "wet": np.stack(wet)}
        if self._pairs.knobs:
            tensors["knobs"] = self._pairs.positions[pairs]
        return {name: torch.from_numpy(array) for name, array in tensors.items()}


class Places:
    """Batches of random places, an endless row of shuffles, shifted anew in every epoch."""

    def __init__(
        self, pairs: Pairs, config: AmpConfig, count: int, batch_size: int, seed: int
    ) -> None:
        self._excerpts, self._pairs, self._seed = Excerpts(pairs, config), pairs, seed
        self._count, self._batch = count, batch_size
        lengths = pairs.training[:, 1] - pairs.training[:, 0]
        if lengths.min() < count:
            raise ThresherError(
                f"a pair has {lengths.min()} samples to learn from, one example takes {count}",
                hint="longer recordings, or --set output_samples=…",
            )
        self._grid = np.array(
            [(pair, n) for pair, length in enumerate(lengths) for n in range(length // count)]
        )

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every place was heard once (at least)."""
        return -(-len(self._grid) // self._batch)

    def batch(self, step: int) -> Batch:
        """The step-th batch; nothing is carried from one to the next."""
        return Batch(self._excerpts.batch(*self.places(step), self._count), fresh=True)

    def places(self, step: int) -> tuple[Int64[np.ndarray, " batch"], Int64[np.ndarray, " batch"]]:
        """Which pairs, and from which samples on."""
        numbers = np.arange(step * self._batch, (step + 1) * self._batch)
        chosen = [self._place(*divmod(number, len(self._grid))) for number in numbers.tolist()]
        pairs, starts = np.array(chosen, np.int64).T
        return pairs, starts

    def _place(self, epoch: int, number: int) -> tuple[int, int]:
        draw = np.random.default_rng([self._seed, epoch])
        pair, n = self._grid[draw.permutation(len(self._grid))[number]]
        start, stop = self._pairs.training[pair]
        late = draw.random() * self._count  # no place is cut at the same samples every time
        return int(pair), min(int(start + n * self._count + late), int(stop - self._count))


class LivePlaces:
    """The same for a memory: each place is learned in pieces, and remembered from one to the next.

    Wright et al. 2020, section 3: back-propagation is cut between the pieces, the state is not.
    """

    def __init__(self, pairs: Pairs, config: AmpConfig, batch_size: int, seed: int) -> None:
        self._excerpts, self._count = Excerpts(pairs, config), config.update_samples
        self._pieces = config.segment_samples // config.update_samples
        self._places = Places(pairs, config, self._pieces * self._count, batch_size, seed)

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every place was heard to its end."""
        return self._places.steps_per_epoch * self._pieces

    def batch(self, step: int) -> Batch:
        """The step-th batch: a piece of every place of its row."""
        row, piece = divmod(step, self._pieces)
        pairs, starts = self._places.places(row)
        if not piece:
            return Batch(self._excerpts.batch(pairs, starts, self._count), fresh=True)
        starts = starts + piece * self._count
        return Batch(self._excerpts.onward(pairs, starts, self._count), fresh=False)


class HeldOut:
    """All that is held out as one batch: a ratio of the whole is no mean of ratios of pieces."""

    def __init__(self, pairs: Pairs, config: AmpConfig) -> None:
        self._excerpts, self._pairs = Excerpts(pairs, config), pairs
        lengths = pairs.validation[:, 1] - pairs.validation[:, 0]
        # Pairs of one take are equally long; of others the shortest decides.
        self._count = int(lengths.min())

    @property
    def steps_per_epoch(self) -> int:
        """One, or none where nothing is held out."""
        return int(self._count > 0)

    def batch(self, step: int) -> Batch:
        """All of it, heard with what was played before."""
        every = np.arange(len(self._pairs.validation))
        starts = self._pairs.validation[:, 0]
        return Batch(self._excerpts.batch(every, starts, self._count), fresh=True)
