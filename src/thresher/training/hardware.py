"""What to train on and in which precision, decided once per run."""

import contextlib
import os

import torch

from thresher.errors import ThresherError
from thresher.training.config import TrainingConfig


def choose_device(settings: TrainingConfig) -> torch.device:
    """The device that ``settings.device`` asks for; under torchrun each process its own GPU.

    Raises:
        ThresherError: a GPU was asked for and there is none.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    there = torch.cuda.is_available()
    if settings.device == "cpu" or (settings.device == "auto" and not there):
        return torch.device("cpu")
    if not there:
        raise ThresherError("device = 'cuda', but torch sees no GPU", hint="--set device=auto")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(device)
    torch.set_float32_matmul_precision("high")  # TF32 for what autocast leaves in float32
    return device


def choose_precision(settings: TrainingConfig, device: torch.device) -> str:
    """``float32`` or ``bfloat16``: auto is bfloat16 where the hardware multiplies it natively."""
    if settings.precision != "auto":
        return settings.precision
    if device.type == "cuda":
        native = torch.cuda.get_device_capability(device) >= (8, 0)
    else:
        native = torch.cpu._is_avx512_bf16_supported()
    return "bfloat16" if native else "float32"


def autocast(device: torch.device, precision: str) -> contextlib.AbstractContextManager[object]:
    """The context in which a loss is computed."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
