"""Runs rncm-prism/prism-samplernn at its default configuration, with random weights."""

import argparse
import os
import sys
from types import ModuleType

from rounds import Work, answer, asked

WANTED = asked()
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # it was written for Keras 2
# TensorFlow leaves this off on processors without AVX-512; there it makes this network's
# batches several times faster, and a peer is to be met at its best.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
for unused in ("librosa", "soundfile"):  # it imports them for files, which no round reads
    sys.modules[unused] = ModuleType(unused)

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from samplernn import SampleRNN  # noqa: E402

LEVELS, WIDTH = 256, 1024
TEMPERATURE = 0.95


def make(wanted: argparse.Namespace) -> Work:
    tf.config.threading.set_intra_op_parallelism_threads(wanted.threads)
    tf.config.threading.set_inter_op_parallelism_threads(wanted.threads)
    tf.random.set_seed(0)
    network = SampleRNN(
        batch_size=wanted.clips, frame_sizes=wanted.tiers, q_levels=LEVELS, q_type="mu-law",
        dim=WIDTH, rnn_type="gru", num_rnn_layers=wanted.layers, seq_len=wanted.block,
        emb_size=256, skip_conn=False, rnn_dropout=None,
    )  # fmt: skip
    codes = np.random.randint(0, LEVELS, (wanted.clips, wanted.tiers[-1] + wanted.block, 1))
    codes = codes.astype(np.int32)
    network(codes)  # makes the weights
    weights = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    made_with = f"TensorFlow {tf.__version__}"
    if wanted.work == "train":
        return Work(weights, trainer(network, codes), wanted.clips * wanted.block, made_with)
    play = generator(network, wanted.clips)
    return Work(weights, play, wanted.clips * wanted.tiers[-1], made_with)


def generator(network, clips: int):
    """One call makes one big frame of every clip, and hands it to the next."""
    temperature = np.full((clips, 1), TEMPERATURE)
    heard = tf.fill([clips, network.big_frame_size, 1], LEVELS // 2)

    def play(units: int) -> None:
        frame = heard
        for _ in range(units):
            frame = network(frame, training=False, temperature=temperature)
        frame.numpy()

    return play


def trainer(network, codes):
    """A step as its train.py compiles it."""
    network.compile(
        optimizer=tf.optimizers.Adam(learning_rate=1e-3, epsilon=1e-4),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[tf.keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    targets = codes[:, network.big_frame_size :]

    def play(units: int) -> None:
        for _ in range(units):
            network.train_on_batch(codes, targets)

    return play


if __name__ == "__main__":
    answer(WANTED, make)
