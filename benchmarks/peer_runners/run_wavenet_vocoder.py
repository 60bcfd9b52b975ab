"""Runs r9y9/wavenet_vocoder at the sizes of ibab/tensorflow-wavenet, with random weights."""

import argparse

from rounds import Work, answer, asked

WANTED = asked()

import torch  # noqa: E402  (after `asked` has set the threads and the path)
from torch.nn import functional  # noqa: E402
from wavenet_vocoder import WaveNet  # noqa: E402

LEVELS, LAYERS, STACKS = 256, 50, 5
WIDTH, SKIP = 32, 512


def make(wanted: argparse.Namespace) -> Work:
    torch.set_num_threads(wanted.threads)
    torch.manual_seed(0)
    network = WaveNet(
        out_channels=LEVELS, layers=LAYERS, stacks=STACKS, residual_channels=WIDTH,
        gate_channels=2 * WIDTH, skip_out_channels=SKIP, kernel_size=2, dropout=0.0,
    )  # fmt: skip
    weights = sum(weight.numel() for weight in network.parameters())
    made_with = f"PyTorch {torch.__version__}"
    if wanted.work == "train":
        play = trainer(network, wanted.clips, wanted.block)
        return Work(weights, play, wanted.clips * wanted.block, made_with)
    return Work(weights, generator(network, wanted.clips), wanted.clips, made_with, least=32)


def generator(network, clips: int):
    """Its incremental forward, after its own preparation for fast generation."""
    network.eval()
    network.make_generation_fast_()
    # It learns the number of clips from the first input alone.
    first = torch.zeros(clips, LEVELS, 1)
    first[:, LEVELS // 2] = 1

    def play(units: int) -> None:
        with torch.no_grad():
            network.incremental_forward(test_inputs=first, T=units)

    return play


def trainer(network, clips: int, block: int):
    """A step as its train.py takes it: no clipping by default, Adam at 1e-3."""
    network.train()
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    codes = torch.randint(0, LEVELS, (clips, block + 1))
    sound = functional.one_hot(codes, LEVELS).float().transpose(1, 2).contiguous()

    def play(units: int) -> None:
        for _ in range(units):
            adam.zero_grad()
            logits = network(sound[:, :, :-1])
            functional.cross_entropy(logits, codes[:, 1:]).backward()
            adam.step()

    return play


if __name__ == "__main__":
    answer(WANTED, make)
