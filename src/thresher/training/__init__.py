"""Corpus to run: the one training loop, its checkpoints and its schedules."""

from thresher.training.config import TrainingConfig
from thresher.training.entry import resume, train
from thresher.training.interrupts import TrainingStopped
from thresher.training.run import Run, open_run

__all__ = ["Run", "TrainingConfig", "TrainingStopped", "open_run", "resume", "train"]
