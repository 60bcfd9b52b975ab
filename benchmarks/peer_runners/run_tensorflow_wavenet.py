"""Runs ibab/tensorflow-wavenet at its own parameters, with random weights."""

import argparse
import json
import sys
from types import ModuleType, SimpleNamespace

from rounds import Work, answer, asked

WANTED = asked()

import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

# It was written for TensorFlow 1: that half of today's package stands in for the whole, with
# the one initialiser that lived in `contrib` under the name it has now.
tf.disable_v2_behavior()
tf.contrib = SimpleNamespace(
    layers=SimpleNamespace(xavier_initializer_conv2d=tf.glorot_uniform_initializer)
)
sys.modules["tensorflow"] = tf
sys.modules["librosa"] = ModuleType("librosa")  # for files, which no round reads

from wavenet import WaveNetModel, optimizer_factory  # noqa: E402


def make(wanted: argparse.Namespace) -> Work:
    tf.set_random_seed(0)
    np.random.seed(0)
    settings = json.loads((wanted.checkout / "wavenet_params.json").read_text())
    settings.pop("sample_rate")
    network = WaveNetModel(batch_size=wanted.clips, **settings)
    threads = tf.ConfigProto(
        intra_op_parallelism_threads=wanted.threads, inter_op_parallelism_threads=wanted.threads
    )
    session = tf.Session(config=threads)
    weights = sum(int(np.prod(weight.shape)) for weight in tf.trainable_variables())
    made_with = f"TensorFlow {tf.__version__}"
    if wanted.work == "train":
        play = trainer(network, session, wanted.clips, wanted.block)
        return Work(weights, play, wanted.clips * wanted.block, made_with)
    if wanted.clips == 1:
        return Work(weights, as_shipped(network, session), 1, made_with, least=32)
    play = batched(network, session, wanted.clips)
    return Work(weights, play, wanted.clips, made_with, least=32)


def as_shipped(network, session):
    """One clip: a call per sample, which is then drawn outside, as its generate.py does."""
    code = tf.placeholder(tf.int32)
    odds = network.predict_proba_incremental(code)
    session.run(tf.global_variables_initializer())
    session.run(network.init_ops)
    steps = [odds, *network.push_ops]

    def play(units: int) -> None:
        drawn = 128
        for _ in range(units):
            found = session.run(steps, feed_dict={code: drawn})[0].astype(np.float64)
            drawn = np.random.choice(256, p=found / found.sum())

    return play


def batched(network, session, clips: int):
    """Many clips: its queues take them, its front does not; so the front is left out."""
    codes = tf.placeholder(tf.int32, [clips])
    logits = network._create_generator(tf.one_hot(codes, 256), None)
    drawn = tf.reshape(tf.random.categorical(logits, 1), [clips])
    session.run(tf.global_variables_initializer())
    session.run(network.init_ops)
    steps = [drawn, *network.push_ops]

    def play(units: int) -> None:
        found = np.full(clips, 128)
        for _ in range(units):
            found = session.run(steps, feed_dict={codes: found})[0]

    return play


def trainer(network, session, clips: int, block: int):
    """A step of its train.py on one piece, its receptive field before the targets."""
    sound = np.random.uniform(-0.5, 0.5, (clips, network.receptive_field + block, 1))
    piece = tf.constant(sound, tf.float32)
    optimiser = optimizer_factory["adam"](learning_rate=1e-3, momentum=0.9)
    step = optimiser.minimize(network.loss(piece), var_list=tf.trainable_variables())
    session.run(tf.global_variables_initializer())

    def play(units: int) -> None:
        for _ in range(units):
            session.run(step)

    return play


if __name__ == "__main__":
    answer(WANTED, make)
