"""Training pieces: every sample of a split is asked for exactly once per epoch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from thresher.audio.quantise import decode_table
from thresher.corpus import Corpus
from thresher.models.family import Batch, ExamplesRequest
from thresher.models.wavenet.config import WaveNetConfig


def music_pieces(request: ExamplesRequest) -> "MusicPieces":
    """Lay out a corpus for a network without memory."""
    return MusicPieces(
        request.corpus,
        request.config,
        windows=request.corpus.windows(request.split),
        batch_size=request.batch_size,
        seed=request.seed,
        learning=request.split == "training",
    )


class Stretch(NamedTuple):
    """Windows that touch, as one run of samples of one artist."""

    start: int
    stop: int
    artist: int


class MusicPieces:
    """Batches of pieces, each of ``block`` targets and the receptive field before them.

    A stretch is cut into pieces from its start; the last one is moved back to fit, and
    ``first`` says from which target on it counts. A stretch never hears what lies before
    it: it begins after silence, as a clip does. So validation never hears training music
    either, however close it lies.

    Pieces come in an endless row of shuffles, one per epoch, cut into batches. Validation
    has one shuffle for ever: its first batches are a fair sample of all music.
    """

    def __init__(
        self,
        corpus: Corpus,
        config: WaveNetConfig,
        *,
        windows: Int64[np.ndarray, "n 2"],
        batch_size: int,
        seed: int,
        learning: bool,
    ) -> None:
        self._corpus, self._config, self._seed, self._learning = corpus, config, seed, learning
        starts = [track.start for track in corpus.tracks]
        self._stretches = stretches_of(windows, corpus.window_samples, starts)
        self._pieces = [
            (index, start)
            for index, stretch in enumerate(self._stretches)
            for start in range(stretch.start, stretch.stop, config.block)
        ]
        self._clips = batch_size if learning else min(batch_size, len(self._pieces))
        self._heights = torch.from_numpy(decode_table(config.quantiser, config.levels).copy())

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every sample was a target (at least) once."""
        return -(-len(self._pieces) // self._clips) if self._pieces else 0

    def batch(self, step: int) -> Batch:
        """The step-th batch; no state is carried, so every one is fresh."""
        rows = [self._piece(*self._pieces[index]) for index in self._choose(step)]
        tensors = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
        if self._learning and self._config.code_noise:
            tensors["inputs"] = self._disturbed(tensors, step)
        return Batch(tensors, fresh=True)

    def _choose(self, step: int) -> list[int]:
        n = len(self._pieces)
        places = range(step * self._clips, (step + 1) * self._clips)
        return [int(self._shuffle(place // n)[place % n]) for place in places]

    def _shuffle(self, epoch: int) -> Int64[np.ndarray, " n"]:
        key = [self._seed, 0, epoch] if self._learning else [0]
        return np.random.default_rng(key).permutation(len(self._pieces))

    def _piece(self, index: int, wanted: int) -> dict[str, Tensor]:
        """One row of a batch; its targets begin ``first`` samples before ``wanted``."""
        config, stretch = self._config, self._stretches[index]
        start = min(wanted, stretch.stop - config.block)
        row = {
            "codes": torch.from_numpy(self._codes(stretch, start).astype(np.int64)),
            "first": torch.tensor(wanted - start),
        }
        if config.input == "scalar" or config.output != "softmax":
            row["heights"] = self._height(stretch, start, row["codes"])
        if config.artists:
            one_hot = torch.zeros(len(config.artists))
            one_hot[stretch.artist] = 1
            row["artists"] = one_hot
        if config.local_features:
            row |= self._local(stretch, start - config.receptive_field)
        return row

    def _codes(self, stretch: Stretch, start: int) -> np.ndarray:
        return self._cut(self._corpus.codes, stretch, start, self._corpus.silence_code)

    def _height(self, stretch: Stretch, start: int, codes: Tensor) -> Tensor:
        if self._config.output == "softmax":
            return self._heights[codes]  # as a free run will hear itself: never finer than codes
        audio = self._cut(self._corpus.audio, stretch, start, 0)
        return torch.from_numpy(audio.astype(np.float32)) / 32768

    def _cut(self, samples: np.ndarray, stretch: Stretch, start: int, silence: int) -> np.ndarray:
        """A block and the receptive field before it, silence where the stretch has not begun."""
        first, stop = start - self._config.receptive_field, start + self._config.block
        cut = samples[max(first, stretch.start) : stop]
        return np.pad(cut, (stop - first - len(cut), 0), constant_values=silence)

    def _local(self, stretch: Stretch, first: int) -> dict[str, Tensor]:
        """Rows around a piece, and where in them its first sample lies.

        Before a stretch begins its first row is held, as before a clip.
        """
        hop, config = self._config.local_hop, self._config
        row = first // hop - 1
        count = (config.receptive_field + config.block) // hop + 4
        last = -(-stretch.stop // hop) - 1
        places = np.clip(np.arange(row, row + count), stretch.start // hop, last)
        rows: Float32[np.ndarray, "rows channels"] = np.concatenate(
            [self._corpus.features[name][places] for name in config.local_features], axis=1
        )
        return {"local": torch.from_numpy(rows), "offset": torch.tensor(first - row * hop)}

    def _disturbed(self, tensors: dict[str, Tensor], step: int) -> Tensor:
        """The past as a free-running network would meet it: a little off."""
        codes = tensors["codes"]
        generator = torch.Generator().manual_seed(hash((self._seed, 2, step)) & (2**63 - 1))
        noise = torch.randn(codes.shape, generator=generator) * self._config.code_noise
        moved = (codes + noise.round().long()).clamp(0, self._config.levels - 1)
        if self._config.input == "codes":
            return moved
        return (tensors["heights"] + self._heights[moved] - self._heights[codes]).clamp(-1, 1)


def stretches_of(
    windows: Int64[np.ndarray, "n 2"], length: int, track_starts: Sequence[int]
) -> list[Stretch]:
    """Windows of one track that overlap or touch, joined; in order of time.

    >>> windows = np.array([[0, 0], [8, 0], [20, 0], [30, 1]])
    >>> [tuple(stretch) for stretch in stretches_of(windows, 10, [0, 30])]
    [(0, 18, 0), (20, 30, 0), (30, 40, 1)]
    """
    joined: list[Stretch] = []
    for start, artist in sorted(map(tuple, windows.tolist())):
        opens = start in track_starts
        if joined and start <= joined[-1].stop and not opens:
            joined[-1] = joined[-1]._replace(stop=start + length)
        else:
            joined.append(Stretch(start, start + length, artist))
    return joined
