"""Runs deepsound-project/samplernn-pytorch, with random weights."""

import argparse
import itertools

from rounds import Work, answer, asked

WANTED = asked()

import torch  # noqa: E402  (after `asked` has set the threads and the path)

# Its own modules, found because the checkout comes first on the path.
from model import Generator, Predictor, SampleRNN  # noqa: E402
from nn import sequence_nll_loss_bits  # noqa: E402
from optim import gradient_clipping  # noqa: E402

LEVELS, WIDTH = 256, 1024


def make(wanted: argparse.Namespace) -> Work:
    torch.set_num_threads(wanted.threads)
    torch.manual_seed(0)
    network = SampleRNN(
        frame_sizes=multiples(wanted.tiers), n_rnn=wanted.layers, dim=WIDTH, learn_h0=True,
        q_levels=LEVELS, weight_norm=True,
    )  # fmt: skip
    weights = sum(weight.numel() for weight in network.parameters())
    made_with = f"PyTorch {torch.__version__}"
    if wanted.work == "train":
        play = trainer(network, wanted.clips, wanted.block)
        return Work(weights, play, wanted.clips * wanted.block, made_with)
    play = generator(network, wanted.clips)
    return Work(weights, play, wanted.clips, made_with, least=network.lookback)


def multiples(tiers: list[int]) -> list[int]:
    """Frame sizes as it counts them, each in frames of the tier below: 16, 64 becomes 16, 4."""
    return [tiers[0], *(slow // fast for fast, slow in itertools.pairwise(tiers))]


def generator(network, clips: int):
    """Its generator; `volatile`, with which it switched gradients off, no longer does so."""
    generate = Generator(network)

    def play(units: int) -> None:
        with torch.no_grad():
            generate(clips, units)

    return play


def trainer(network, clips: int, block: int):
    """A step as its trainer takes it: Adam, gradients clamped to 1, state carried."""
    predict = Predictor(network)
    adam = gradient_clipping(torch.optim.Adam(predict.parameters()))
    codes = torch.randint(0, LEVELS, (clips, network.lookback + block))
    read, targets = codes[:, :-1], codes[:, network.lookback :].contiguous()

    def loss():
        value = sequence_nll_loss_bits(predict(read, False), targets)
        value.backward()
        return value

    def play(units: int) -> None:
        for _ in range(units):
            adam.zero_grad(set_to_none=False)  # it clamps them all, used or not
            adam.step(loss)

    return play


if __name__ == "__main__":
    answer(WANTED, make)
