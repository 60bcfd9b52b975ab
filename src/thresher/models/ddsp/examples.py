"""Training examples: stretches of the recordings, with their pitch and loudness."""

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from thresher.corpus import Corpus
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.fitting import melody_of
from thresher.models.family import Batch, ExamplesRequest


def melody_windows(request: ExamplesRequest) -> "MelodyWindows":
    """Lay out a corpus whose melody is known.

    Raises:
        ThresherError: it is not.
    """
    return MelodyWindows(
        request.corpus,
        request.config,
        windows=request.corpus.windows(request.split)[:, 0],
        batch_size=request.batch_size,
        seed=request.seed,
        learning=request.split == "training",
    )


class MelodyWindows:
    """Batches of windows in an endless row of shuffles, one per epoch.

    Validation has one shuffle for ever and hears whole windows; training may hear a random
    stretch of each.
    """

    def __init__(
        self,
        corpus: Corpus,
        config: DDSPConfig,
        *,
        windows: Int64[np.ndarray, " n"],
        batch_size: int,
        seed: int,
        learning: bool,
    ) -> None:
        self._corpus, self._config, self._seed, self._learning = corpus, config, seed, learning
        self._melody, self._windows = melody_of(corpus), windows
        self._clips = batch_size if learning else min(batch_size, len(windows))
        self._whole = corpus.window_samples // config.hop
        crop = config.crop_frames if learning else 0
        self._frames = min(crop or self._whole, self._whole)

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every window was heard once (at least)."""
        return -(-len(self._windows) // self._clips) if len(self._windows) else 0

    def batch(self, step: int) -> Batch:
        """The step-th batch; nothing is carried from one to the next."""
        places = np.arange(step * self._clips, (step + 1) * self._clips)
        n = len(self._windows)
        chosen = np.array([self._shuffle(place // n)[place % n] for place in places.tolist()])
        first = self._windows[chosen] // self._config.hop + self._late(step)
        learns = float(not self._learning or step >= self._config.reverb_frozen_steps)
        tensors = {
            "audio": torch.from_numpy(np.stack([self._audio(frame) for frame in first.tolist()])),
            "f0_hz": self._curve(self._melody.f0_hz, first),
            "loudness_db": self._curve(self._melody.loudness_db, first),
            "room_learns": torch.full((self._clips,), learns),
        }
        return Batch(tensors, fresh=True)

    def _late(self, step: int) -> Int64[np.ndarray, " clips"]:
        """How far into its window each stretch begins [frames]."""
        spare = self._whole - self._frames
        return np.random.default_rng([self._seed, 1, step]).integers(0, spare + 1, self._clips)

    def _shuffle(self, epoch: int) -> Int64[np.ndarray, " n"]:
        seed = [self._seed, 0, epoch if self._learning else 0]
        return np.random.default_rng(seed).permutation(len(self._windows))

    def _audio(self, frame: int) -> Float32[np.ndarray, " samples"]:
        hop = self._config.hop
        heard = self._corpus.audio[frame * hop : (frame + self._frames) * hop]
        return heard.astype(np.float32) / np.float32(32768)

    def _curve(
        self, curve: Float32[np.ndarray, " frames"], first: Int64[np.ndarray, " clips"]
    ) -> Tensor:
        rows = [curve[frame : frame + self._frames] for frame in first.tolist()]
        return torch.from_numpy(np.stack(rows))
