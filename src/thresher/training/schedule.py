"""The learning rate as a function of how much of the run is over."""

import math

from thresher.training.config import TrainingConfig

# Warm-up never takes more than this part of the run, however short the run is.
_WARMUP_SHARE = 0.05


def progress(settings: TrainingConfig, step: int, seconds: float, budget: float) -> float:
    """How much of a run is over, in [0, 1]: its steps or its budget, whichever is further.

    ``seconds`` count from where the budget began; ``budget`` 0 bounds nothing.

    >>> progress(TrainingConfig(steps=100), step=10, seconds=30.0, budget=60.0)
    0.5
    """
    by_time = seconds / budget if budget > 0 else 0.0
    return min(max(step / settings.steps, by_time), 1.0)


def learning_rate(settings: TrainingConfig, step: int, done: float) -> float:
    """Learning rate of a step (0, 1, 2 …) when ``done`` in [0, 1] of the run is over."""
    return settings.learning_rate * _warmup(settings, step, done) * _descent(settings, done)


def _warmup(settings: TrainingConfig, step: int, done: float) -> float:
    by_step = (step + 1) / max(settings.warmup_steps, 1)
    return min(max(by_step, done / _WARMUP_SHARE), 1.0)


def _descent(settings: TrainingConfig, done: float) -> float:
    if settings.schedule == "constant" or done <= settings.decay_from:
        return 1.0
    fallen = (done - settings.decay_from) / (1.0 - settings.decay_from)
    if settings.schedule == "exponential":
        return float(settings.floor**fallen)
    if settings.schedule == "cosine":
        fallen = 0.5 - 0.5 * math.cos(math.pi * fallen)
    return 1.0 - (1.0 - settings.floor) * fallen
