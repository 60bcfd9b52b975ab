"""Claims that run in seconds: arms that need no training, and a tiny network."""

from thresher.claims import load_claim

HEAD = """
statement = "One is more than the other."
source = "a paper, section 1"
reported = "3 against 2"
unit_seconds = 0.1
"""
SCALING = """
[shared]
work = "scale"
settings = { chunk_seconds = 4.0 }

[[arms]]
name = "one gain"

[[arms]]
name = "each chunk"
settings = { method = "each chunk" }
"""
TINY = """
[shared]
family = "samplernn"
corpus = { seconds = 3.0, settings = { sample_rate = 4000, window_seconds = 0.5 } }

[shared.settings]
dim = 8
embedding_dim = 4
layers = 1
block = 128
batch_size = 2
learning_rate = 1e-2
schedule = "constant"
warmup_steps = 0
ema_decay = 0.0
steps = STEPS
validate_every = 4

[[arms]]
name = "plain"

[[arms]]
name = "rectified"
change = "relu-on-logits"
"""
SWELL = ("swell that is left", "each chunk", "one gain")
BITS = ("held-out bits", "plain", "rectified")


def difference(measure, first, second, above=None, below=None):
    bounds = [f"above = {above}"] if above is not None else []
    bounds += [f"below = {below}"] if below is not None else []
    return "\n".join(
        [
            "\n[[tests]]",
            'effect = "difference"',
            f'measure = "{measure}"',
            f'arms = ["{first}", "{second}"]',
            *bounds,
        ]
    )


def write_claim(folder, name, *parts):
    path = folder / f"{name}.toml"
    path.write_text(HEAD + "".join(parts))
    return path


def scaling_claim(folder, name="scaling", above=6.0, below=None):
    return load_claim(
        write_claim(folder, name, SCALING, difference(*SWELL, above=above, below=below))
    )


def tiny_claim(folder, name="tiny", steps=12, above=0.0):
    arms = TINY.replace("STEPS", str(steps))
    return load_claim(write_claim(folder, name, arms, difference(*BITS, above=above)))
