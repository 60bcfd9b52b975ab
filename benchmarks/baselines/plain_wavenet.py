"""A WaveNet the way the paper's figures suggest it: the baseline of the benchmarks.

`nn.Conv1d` over channels first, every skip its own 1x1 convolution, and for generation the
queues of Paine et al. 2016, one small product after the other. Not part of the package.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class PlainLayer(nn.Module):
    """A dilated filter and gate, a residual and a skip."""

    def __init__(self, residual: int, gates: int, skip: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.filter = nn.Conv1d(residual, gates, 2, dilation=dilation)
        self.gate = nn.Conv1d(residual, gates, 2, dilation=dilation)
        self.residual = nn.Conv1d(gates, residual, 1)
        self.skip = nn.Conv1d(gates, skip, 1)

    def forward(self, x: Tensor, length: int) -> tuple[Tensor, Tensor]:
        """The stream [B, R, t - dilation] and the newest columns of the skip."""
        z = torch.tanh(self.filter(x)) * torch.sigmoid(self.gate(x))
        return x[:, :, self.dilation :] + self.residual(z), self.skip(z[:, :, -length:])

    def step(self, x: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """The same for one sample [B, R] and the one ``dilation`` before it."""
        both = torch.stack([before, x], dim=2)
        filtered = functional.conv1d(both, self.filter.weight, self.filter.bias)
        gated = functional.conv1d(both, self.gate.weight, self.gate.bias)
        z = torch.tanh(filtered) * torch.sigmoid(gated)
        return x + self.residual(z)[:, :, 0], self.skip(z)[:, :, 0]


class PlainWaveNet(nn.Module):
    """One-hot codes in, logits out; van den Oord et al. 2016, sections 2.1 to 2.4."""

    def __init__(
        self, dilations: tuple[int, ...], residual: int, gates: int, skip: int, levels: int = 256
    ) -> None:
        super().__init__()
        self.levels, self.channels = levels, residual
        self.first = nn.Conv1d(levels, residual, 2, bias=False)
        self.layers = nn.ModuleList(PlainLayer(residual, gates, skip, d) for d in dilations)
        self.head = nn.Conv1d(skip, skip, 1)
        self.out = nn.Conv1d(skip, levels, 1)
        self.reach = 2 + sum(dilations)

    def forward(self, codes: Tensor) -> Tensor:
        """Logits [B, levels, T - reach + 1] of what follows each column."""
        x = self.first(functional.one_hot(codes, self.levels).float().transpose(1, 2))
        length = codes.shape[1] - self.reach + 1
        total = 0
        for layer in self.layers:
            x, skip = layer(x, length)
            total = total + skip
        return self.out(functional.relu(self.head(functional.relu(total))))

    @torch.inference_mode()
    def generate(self, clips: int, samples: int) -> Tensor:
        """Codes [clips, samples]; queues begin empty, as the reference's do."""
        queues = [torch.zeros(layer.dilation, clips, self.channels) for layer in self.layers]
        before = now = torch.full((clips,), 128)
        codes = torch.zeros(clips, samples, dtype=torch.int64)
        for t in range(samples):
            pair = functional.one_hot(torch.stack([before, now], dim=1), self.levels).float()
            x = self.first(pair.transpose(1, 2))[:, :, 0]
            total = 0
            for layer, queue in zip(self.layers, queues, strict=True):
                place = t % layer.dilation
                past = queue[place].clone()
                queue[place] = x
                x, skip = layer.step(x, past)
                total = total + skip
            total = functional.relu(self.head(functional.relu(total)[:, :, None]))
            odds = torch.softmax(self.out(total)[:, :, 0], dim=1)
            before, now = now, torch.multinomial(odds, 1)[:, 0]
            codes[:, t] = now
        return codes
