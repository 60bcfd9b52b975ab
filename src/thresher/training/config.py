"""How a network learns, whatever its family."""

from dataclasses import dataclass
from typing import Literal

from thresher.errors import ThresherError
from thresher.settings import setting


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Every setting of the training loop; a family's preset may bring its own defaults."""

    batch_size: int = setting(
        32,
        unit="examples",
        why="Wide enough to keep matrix products busy, small enough for 8 GB of GPU memory.",
        source="docs/sound.md, what was tried: small batches (32 clips of 512 samples)",
    )
    steps: int = setting(
        100_000,
        unit="steps",
        why="An upper bound; a budget or early stopping usually ends a run first.",
        source="ibab/tensorflow-wavenet, train.py (NUM_STEPS)",
    )
    budget_seconds: float = setting(
        0.0,
        unit="s",
        why="Wall clock that training may take, previews included; 0 is no bound. The "
        "learning-rate schedule follows it, so a short run is annealed as well as a long one.",
        source="Li, Yumer and Ramanan 2020, Budgeted training: a schedule that follows the budget",
    )
    stage_shares: tuple[float, ...] = setting(
        (),
        unit="",
        why="How a family of several stages divides its budget; empty is equal shares.",
        source="taste",
    )
    learning_rate: float = setting(
        1e-3,
        unit="",
        why="Adam's usual step, which the SampleRNN papers use too.",
        source="Kingma and Ba 2015, section 2; Mehri et al. 2017, section 3",
    )
    adam_beta1: float = setting(
        0.9, unit="", why="Averages the last ten gradients.", source="Kingma and Ba 2015, section 2"
    )
    adam_beta2: float = setting(
        0.999,
        unit="",
        why="Averages a thousand squared gradients: audio gradients are noisy.",
        source="Kingma and Ba 2015, section 2",
    )
    adam_epsilon: float = setting(
        1e-8,
        unit="",
        why="PRiSM's 1e-4 was reported as needed and measured as harmful (3.33 against 3.05 bits).",
        source="Kingma and Ba 2015, algorithm 1, against rncm-prism/prism-samplernn "
        "commit f1b5818; docs/measured.md, 'Plucks'",
    )
    weight_decay: float = setting(
        0.0,
        unit="",
        why="Off: a few hours of music are seen few times; decoupled and on matrices only when on.",
        source="Loshchilov and Hutter 2019, section 2",
    )
    clip_norm: float = setting(
        1.0,
        unit="",
        why="Bounds the whole gradient, keeping its direction; rare spikes of a recurrent "
        "network do no harm then. 0 turns it off.",
        source="Pascanu et al. 2013, section 3.2",
    )
    ema_decay: float = setting(
        0.999,
        unit="",
        why="Averages the weights of the last thousand steps, which sound calmer than any one of "
        "them. The decay starts near 0 and grows, so first weights are soon forgotten. 0 is off.",
        source="Polyak and Juditsky 1992; warm-up as in tf.train.ExponentialMovingAverage",
    )
    schedule: Literal["constant", "linear", "cosine", "exponential"] = setting(
        "cosine",
        unit="",
        why="A learning rate that sinks to the floor gains what a constant one only bounces over. "
        "exponential loses the same share in every step.",
        source="Loshchilov and Hutter 2017, section 3; exponential: magenta/ddsp 3.7.0, base.gin",
    )
    warmup_steps: int = setting(
        100,
        unit="steps",
        why="Adam's second moment is unreliable at first; never more than 5% of the run.",
        source="Goyal et al. 2017, section 2.2",
    )
    decay_from: float = setting(
        0.0,
        unit="of the run",
        why="Where the descent begins: 0 at once, 0.8 holds the rate for most of the run.",
        source="Haegele et al. 2024, section 3",
    )
    floor: float = setting(
        0.02,
        unit="of learning_rate",
        why="Where the schedule ends: not zero, so that late batches still teach a little.",
        source="docs/sound.md, the model that ships: its last sitting ended at 2%",
    )
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto",
        unit="",
        why="bfloat16 autocast where the processor multiplies it natively (about twice as fast); "
        "weights, moments and loss stay float32.",
        source="Kalamkar et al. 2019, A study of bfloat16 for deep learning training",
    )
    compile: Literal["off", "auto", "on"] = setting(
        "off",
        unit="",
        why="torch.compile works for minutes before the first step on two CPU cores, too long "
        "for a short budget; auto tries it on a few steps and keeps whichever is faster.",
        source="https://pytorch.org/docs/stable/generated/torch.compile.html; whether it pays "
        "for a family is not measured yet",
    )
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto", unit="", why="A GPU when there is one.", source="taste"
    )
    threads: int = setting(
        0,
        unit="threads",
        why="0 leaves it to torch: one per physical core.",
        source="PyTorch documentation, CPU threading: by default one per physical core",
    )
    validate_every: int = setting(
        500,
        unit="steps",
        why="Often enough to see a curve, rare enough to cost a few percent.",
        source="docs/measured.md, 'Upkeep'",
    )
    validation_batches: int = setting(
        32,
        unit="batches",
        why="Bounds the time of one validation; always the same batches, so losses compare.",
        source="docs/measured.md, 'Upkeep'",
    )
    patience: int = setting(
        0,
        unit="validations",
        why="Stop after so many without a better one; 0 never does: losses keep falling for "
        "longer than people wait, and the best checkpoint is kept anyway.",
        source="docs/sound.md, its curve: still falling after 68 M samples",
    )
    checkpoint_seconds: float = setting(
        300.0,
        unit="s",
        why="The most work a power cut can cost.",
        source="docs/measured.md, 'Upkeep'",
    )
    checkpoint_steps: int = setting(
        0,
        unit="steps",
        why="Also save every so many steps; 0 goes by the clock.",
        source="docs/measured.md, 'Upkeep'",
    )
    keep: int = setting(
        2,
        unit="checkpoints",
        why="Newest ones kept, besides the best one and those that have a preview.",
        source="tests/training/test_loop.py: a broken newest checkpoint gives way to the "
        "one before",
    )
    snapshot_steps: int = setting(
        200,
        unit="steps",
        why="How far back the guard against non-finite numbers rolls; a copy in memory is cheap.",
        source="docs/measured.md, 'Upkeep'",
    )
    preview_minutes: tuple[float, ...] = setting(
        (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0),
        unit="min",
        why="Ears want to know early and then ever less often; one more is made at the end. "
        "The checkpoint of each is kept, to choose by sound.",
        source="docs/sound.md, its curve: every doubling of the time brings less than the "
        "one before",
    )
    preview_clips: int = setting(2, unit="clips", why="One clip may be a fluke.", source="taste")
    preview_seconds: float = setting(
        4.0,
        unit="s",
        why="Long enough to hear whether it falls silent.",
        source="docs/sound.md: the known case fell silent after its first two seconds",
    )
    preview_patience_seconds: float = setting(
        30.0,
        unit="s",
        why="A preview that takes longer is cut here: it must not eat a short budget.",
        source="taste",
    )
    preview_temperature: float = setting(
        0.95,
        unit="",
        why="Slightly calmer noise than the model's own.",
        source="rncm-prism/prism-samplernn, generate.py",
    )

    stop_on_collapse: bool = setting(
        False,
        unit="",
        why="Two previews in a row whose clips all fail the same gate (silence, noise, a loop …) "
        "are reported at once; true ends the run there. Off, because the first previews of a "
        "long run are noise by nature.",
        source="Cortexelus/dadabots_sampleRNN README, Training: start anew when only noise comes; "
        "docs/watch.md",
    )

    def __post_init__(self) -> None:
        """Refuse numbers that cannot train anything.

        Raises:
            ThresherError: naming the setting and its range.
        """
        for name in ("batch_size", "steps", "validate_every", "validation_batches", "keep"):
            self._insist(name, getattr(self, name) >= 1, "at least 1")
        for name in ("learning_rate", "adam_epsilon", "snapshot_steps", "preview_seconds"):
            self._insist(name, getattr(self, name) > 0, "above 0")
        for name in ("budget_seconds", "clip_norm", "weight_decay", "warmup_steps", "patience"):
            self._insist(name, getattr(self, name) >= 0, "0 or more")
        for name in ("adam_beta1", "adam_beta2", "ema_decay"):
            self._insist(name, 0 <= getattr(self, name) < 1, "0 to just below 1")
        for name in ("floor", "decay_from"):
            self._insist(name, 0 <= getattr(self, name) <= 1, "0 to 1")

    def _insist(self, name: str, holds: bool, allowed: str) -> None:
        if not holds:
            raise ThresherError(
                f"training setting '{name}' = {getattr(self, name)}, but it must be {allowed}",
                hint=f"--set {name}=…",
            )
