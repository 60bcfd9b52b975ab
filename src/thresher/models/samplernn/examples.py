"""Training blocks: windows of music, walked in short steps."""

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from thresher.corpus import Corpus
from thresher.errors import ThresherError
from thresher.models.family import Batch, ExamplesRequest
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.steering import frame_centres, rows_at


def music_blocks(request: ExamplesRequest) -> "MusicBlocks":
    """Lay out a corpus for truncated back-propagation through time."""
    return MusicBlocks(
        request.corpus,
        request.config,
        windows=request.corpus.windows(request.split),
        batch_size=request.batch_size,
        seed=request.seed,
        learning=request.split == "training",
    )


class MusicBlocks:
    """Batches of windows, each walked from its start in steps of ``block`` samples.

    Windows come in an endless row of shuffles, one per epoch, cut into batches, so no
    batch is partial and every window is seen equally often. While learning, a window
    starts at a random place inside the stretch that its neighbour continues.
    """

    def __init__(
        self,
        corpus: Corpus,
        config: SampleRNNConfig,
        *,
        windows: Int64[np.ndarray, "n 2"],
        batch_size: int,
        seed: int,
        learning: bool,
    ) -> None:
        self._corpus, self._config, self._windows = corpus, config, windows
        self._clips = batch_size if learning else min(batch_size, len(windows))
        self._seed, self._learning = seed, learning
        self._walk = corpus.window_samples // config.block
        if len(windows) and not self._walk:
            raise ThresherError(
                f"a window of {corpus.window_samples} samples is shorter than one block of "
                f"{config.block}",
                looked_at=corpus.folder,
                hint="a smaller --set block=… or longer windows in the corpus",
            )
        self._continued = _continued(windows, corpus.window_samples)
        self._opened: tuple[int, dict[str, Tensor]] | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every window was seen once (at least)."""
        if not len(self._windows):
            return 0
        return -(-len(self._windows) // self._clips) * self._walk

    def batch(self, step: int) -> Batch:
        """The step-th block: 0 … walk − 1 belong to the first batch of windows, and so on."""
        number, place = divmod(step, self._walk)
        if self._opened is None or self._opened[0] != number:
            self._opened = (number, self._open(number))
        whole = self._opened[1]
        start, overlap, block = place * self._config.block, self._config.overlap, self._config.block
        tensors = {"codes": whole["codes"][:, start : start + overlap + block].long()}
        if self._learning and self._config.code_noise:
            tensors["inputs"] = self._disturbed(tensors["codes"], step)
        if "artists" in whole:
            tensors["artists"] = whole["artists"]
        if "local" in whole:
            rows = block // overlap
            tensors["local"] = whole["local"][:, place * rows : (place + 1) * rows]
        return Batch(tensors, fresh=place == 0)

    def _open(self, number: int) -> dict[str, Tensor]:
        """Whole windows of a batch, with the codes before them and what steers them."""
        chosen, starts = self._choose(number)
        whole = {
            "codes": torch.from_numpy(np.stack([self._codes(start) for start in starts.tolist()]))
        }
        if self._config.artists:
            artists = torch.from_numpy(self._windows[chosen, 1])
            one_hot = torch.nn.functional.one_hot(artists, len(self._config.artists))
            whole["artists"] = one_hot.float()
        if self._config.local_features:
            whole["local"] = torch.from_numpy(
                np.stack([self._local(start) for start in starts.tolist()])
            )
        return whole

    def _choose(self, number: int) -> tuple[Int64[np.ndarray, " B"], Int64[np.ndarray, " B"]]:
        """Windows of a batch and where each one starts."""
        n = len(self._windows)
        places = np.arange(number * self._clips, (number + 1) * self._clips)
        if not self._learning:
            chosen = places % n
            return chosen, self._windows[chosen, 0]
        chosen = np.array([self._shuffle(place // n)[place % n] for place in places.tolist()])
        late = np.random.default_rng([self._seed, 1, number]).integers(
            0, self._corpus.window_samples, self._clips
        )
        return chosen, self._windows[chosen, 0] + late * self._continued[chosen]

    def _shuffle(self, epoch: int) -> Int64[np.ndarray, " n"]:
        return np.random.default_rng([self._seed, 0, epoch]).permutation(len(self._windows))

    def _codes(self, start: int) -> np.ndarray:
        """A window and the ``overlap`` codes before it, silence where nothing came before."""
        before = max(start - self._config.overlap, 0)
        codes = self._corpus.codes[before : start + self._walk * self._config.block]
        missing = self._config.overlap - (start - before)
        return np.pad(codes, (missing, 0), constant_values=self._corpus.silence_code)

    def _local(self, start: int) -> np.ndarray:
        """The window's curves, one row per frame of the slowest tier."""
        hop, G = self._config.local_hop, self._config.overlap
        samples = self._walk * self._config.block
        first = start // hop
        rows = np.concatenate(
            [
                self._corpus.features[name][first : first + samples // hop + 3]
                for name in self._config.local_features
            ],
            axis=1,
        )
        return rows_at(rows, hop, frame_centres(start - first * hop, samples, G))

    def _disturbed(self, codes: Tensor, step: int) -> Tensor:
        """Codes as a free-running network would meet them: a little off."""
        generator = torch.Generator().manual_seed(hash((self._seed, 2, step)) & (2**63 - 1))
        noise = torch.randn(codes.shape, generator=generator) * self._config.code_noise
        return (codes + noise.round().long()).clamp(0, self._config.levels - 1)


def _continued(windows: Int64[np.ndarray, "n 2"], length: int) -> Int64[np.ndarray, " n"]:
    """1 where the next ``length`` samples after a window are a window too, else 0."""
    known = set(map(tuple, windows.tolist()))
    return np.array([(start + length, artist) in known for start, artist in windows.tolist()], int)
