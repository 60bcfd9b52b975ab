"""One network while it learns: weights, moments, their average and the carried state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from thresher.models.family import Batch, Loss, Stage, State
from thresher.training.config import TrainingConfig
from thresher.training.hardware import autocast
from thresher.training.parallel import Team


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one step did; tensors stay on the device, so that reading them is a choice."""

    report: dict[str, Tensor]
    """What the loss tells people, and the gradient's norm."""
    finite: Tensor
    """Whether the step changed anything."""
    samples: int


class Learner:
    """Takes optimiser steps, exactly repeatable from `tensors`.

    A step whose loss or gradient is not finite changes nothing; `bad_streak` counts how
    many came in a row.
    """

    def __init__(
        self,
        stage: Stage,
        build: Callable[[], nn.Module],
        settings: TrainingConfig,
        *,
        device: torch.device,
        precision: str,
        team: Team,
    ) -> None:
        self.settings, self.device, self.precision = settings, device, precision
        self._loss, self._team = stage.loss, team
        self.network = build().to(device).train()
        self.weights: list[Tensor] = [p for p in self.network.parameters() if p.requires_grad]
        self.average = _frozen_copy(self.network, build, device) if settings.ema_decay else None
        self._averaged = [] if self.average is None else _matching(self.network, self.average)
        self._adam = _adam(self.weights, settings)
        self._moments = [_empty_moments(self._adam, weight) for weight in self.weights]
        self.state: State = {}
        self.steps_averaged = 0
        self.bad_streak = torch.zeros((), device=device)

    @property
    def result(self) -> nn.Module:
        """The network to validate and to generate with."""
        return self.network if self.average is None else self.average

    def step(self, batch: Batch, learning_rate: float) -> Outcome:
        """Learn from one batch."""
        loss = self.evaluate(self.network, batch, self.state)
        self._adam.zero_grad(set_to_none=True)
        loss.value.backward()  # type: ignore[no-untyped-call]
        value = loss.value.detach().reshape(1)
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        self._team.average_([*gradients, value])
        norm = self._clip(gradients)
        finite = (norm + value[0]).isfinite()
        self._apply(finite, learning_rate)
        self.state = {name: self._sound(t.detach(), finite) for name, t in loss.state.items()}
        report = {**loss.report, "gradient_norm": norm}
        return Outcome(report=report, finite=finite, samples=loss.samples)

    def _sound(self, state: Tensor, finite: Tensor) -> Tensor:
        # On a CPU the guard looks at once and drops a bad state; a GPU cannot be asked, and
        # a state that is not finite would spoil every step until the next fresh batch.
        return state if self.device.type == "cpu" else torch.where(finite, state, 0)

    def evaluate(self, network: nn.Module, batch: Batch, state: State) -> Loss:
        """A network's loss on a batch that is already on the device."""
        with autocast(self.device, self.precision):
            return self._loss(network, batch, {} if batch.fresh else state)

    def follow_average(self) -> None:
        """Let the average's buffers be the network's; only weights are averaged."""
        if self.average is not None:
            for mine, theirs in zip(self.average.buffers(), self.network.buffers(), strict=True):
                mine.copy_(theirs)

    def tensors(self) -> dict[str, Tensor]:
        """Everything the next step depends on, by name; the live tensors, not copies."""
        found = {f"weights/{name}": t for name, t in self.network.state_dict().items()}
        if self.average is not None:
            found |= {f"average/{name}": t for name, t in self.average.state_dict().items()}
        for name, weight in self._named_weights():
            found |= {
                f"moments/{name}/{kind}": tensor
                for kind, tensor in self._adam.state[weight].items()
            }
        return found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Copy back what `tensors` gave; the carried state is set apart.

        Raises:
            KeyError: a tensor is missing.
        """
        with torch.no_grad():
            for name, tensor in self.tensors().items():
                tensor.copy_(tensors[name])

    def reset_streak(self) -> None:
        """Forget the bad steps after they were dealt with."""
        self.bad_streak.zero_()
        self.state = {}

    def _clip(self, gradients: list[Tensor]) -> Tensor:
        norm = nn.utils.get_total_norm(gradients)
        if self.settings.clip_norm:
            scale = (self.settings.clip_norm / (norm + 1e-6)).clamp(max=1.0)
            torch._foreach_mul_(gradients, scale)
        return norm

    def _apply(self, finite: Tensor, learning_rate: float) -> None:
        bad = (~finite).float()
        self.bad_streak = (self.bad_streak + bad) * bad
        for group in self._adam.param_groups:
            group["lr"] = learning_rate
        # Fused Adam reads this attribute (as GradScaler sets it) and leaves weights and
        # moments alone when it is 1, without asking the CPU to wait for the GPU.
        self._adam.found_inf = bad  # type: ignore[attr-defined]
        self._adam.step()
        self._follow()

    def _follow(self) -> None:
        if self.average is None:
            return
        decay = min(self.settings.ema_decay, (1 + self.steps_averaged) / (10 + self.steps_averaged))
        self.steps_averaged += 1
        with torch.no_grad():
            torch._foreach_lerp_(self._averaged, self.weights, 1.0 - decay)

    def _named_weights(self) -> list[tuple[str, nn.Parameter]]:
        return [(name, p) for name, p in self.network.named_parameters() if p.requires_grad]


def _frozen_copy(
    network: nn.Module, build: Callable[[], nn.Module], device: torch.device
) -> nn.Module:
    # Building again rather than deep-copying: weight norm and compiled calls do not copy well.
    with torch.random.fork_rng(devices=[]):
        copy = build().to(device)
    copy.load_state_dict(network.state_dict())
    return copy.eval().requires_grad_(False)


def _matching(network: nn.Module, average: nn.Module) -> list[Tensor]:
    """The average's tensors in the order of the network's trained weights."""
    averaged = dict(average.named_parameters())
    return [averaged[name].data for name, p in network.named_parameters() if p.requires_grad]


def _adam(weights: list[Tensor], settings: TrainingConfig) -> torch.optim.AdamW:
    matrices = [weight for weight in weights if weight.ndim >= 2]
    vectors = [weight for weight in weights if weight.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=settings.learning_rate,
        betas=(settings.adam_beta1, settings.adam_beta2),
        eps=settings.adam_epsilon,
        fused=True,
    )


def _empty_moments(adam: torch.optim.AdamW, weight: Tensor) -> dict[str, Tensor]:
    """Moments from the start on, so that a checkpoint before the first step is whole too."""
    moments = {
        "step": torch.zeros((), dtype=torch.float32, device=weight.device),
        "exp_avg": torch.zeros_like(weight, memory_format=torch.preserve_format),
        "exp_avg_sq": torch.zeros_like(weight, memory_format=torch.preserve_format),
    }
    adam.state[weight] = moments
    return moments
