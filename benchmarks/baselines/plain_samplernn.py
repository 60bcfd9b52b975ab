"""A two- or three-tier SampleRNN the way a reader of the paper would first write it.

`nn.Embedding`, `nn.GRU`, `nn.Linear`, nothing folded, nothing precomputed: the baseline of the
benchmarks, of the same size as ours. Not part of the package.
"""

import torch
from torch import Tensor, nn


class PlainTier(nn.Module):
    """Linear, a GRU stack, and one linear layer for all faster frames."""

    def __init__(self, frame: int, ratio: int, dim: int, out: int, layers: int) -> None:
        super().__init__()
        self.frame, self.ratio, self.out = frame, ratio, out
        self.lift = nn.Linear(frame, dim)
        self.rnn = nn.GRU(dim, dim, layers, batch_first=True)
        self.spread = nn.Linear(dim, ratio * out, bias=False)

    def forward(
        self, frames: Tensor, above: Tensor | None, state: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Steering of the faster frames, and the state after the last frame."""
        x = self.lift(frames)
        x = x if above is None else x + above
        x, state = self.rnn(x, state)
        return self.spread(x).reshape(len(x), -1, self.out), state


class PlainSampleRNN(nn.Module):
    """Frames [16] or [16, 64] and so on; see the paper, section 2."""

    def __init__(
        self, frames: tuple[int, ...], dim: int, sample_dim: int, embedding: int, layers: int
    ) -> None:
        super().__init__()
        self.frames = frames
        below = (1, *frames[:-1])
        self.tiers = nn.ModuleList(
            PlainTier(size, size // fast, dim, sample_dim if index == 0 else dim, layers)
            for index, (size, fast) in enumerate(zip(frames, below, strict=True))
        )
        self.embedding = nn.Embedding(256, embedding)
        self.gather = nn.Conv1d(embedding, sample_dim, frames[0], bias=False)
        self.layers = nn.Sequential(
            nn.Linear(sample_dim, sample_dim),
            nn.ReLU(),
            nn.Linear(sample_dim, sample_dim),
            nn.ReLU(),
            nn.Linear(sample_dim, 256),
        )

    def forward(self, codes: Tensor, states: list[Tensor | None]) -> tuple[Tensor, list[Tensor]]:
        """Logits of codes[:, overlap:] and the state of every tier."""
        overlap = self.frames[-1]
        length = codes.shape[1] - overlap
        heights = 2 * (codes.float() / 128 - 1)
        above, after = None, []
        for tier, state in zip(reversed(self.tiers), reversed(states), strict=True):
            first = overlap - tier.frame
            frames = heights[:, first : first + length].reshape(len(codes), -1, tier.frame)
            above, state = tier(frames, above, state)
            after.insert(0, state)
        embedded = self.embedding(codes[:, overlap - self.frames[0] : -1])
        gathered = self.gather(embedded.transpose(1, 2)).transpose(1, 2)
        return self.layers(gathered + above), after

    @torch.inference_mode()
    def generate(self, clips: int, samples: int) -> Tensor:
        """Free running from silence: the plain loop."""
        overlap = self.frames[-1]
        codes = torch.full((clips, overlap + samples), 128)
        states: list[Tensor | None] = [None] * len(self.tiers)
        steers: list[Tensor | None] = [None] * len(self.tiers)
        for t in range(samples):
            for index in reversed(range(len(self.tiers))):
                tier = self.tiers[index]
                if t % tier.frame:
                    continue
                frame = codes[:, overlap + t - tier.frame : overlap + t]
                above = None
                if index + 1 < len(self.tiers):
                    slot = (t // tier.frame) % self.tiers[index + 1].ratio
                    above = steers[index + 1][:, slot : slot + 1]
                heights = 2 * (frame.float() / 128 - 1)
                steers[index], states[index] = tier(heights[:, None], above, states[index])
            window = codes[:, overlap + t - self.frames[0] : overlap + t]
            x = self.gather(self.embedding(window).transpose(1, 2))[:, :, 0]
            logits = self.layers(x + steers[0][:, t % self.frames[0]])
            odds = torch.softmax(logits / 0.95, dim=1)
            codes[:, overlap + t] = torch.multinomial(odds, 1)[:, 0]
        return codes[:, overlap:]
