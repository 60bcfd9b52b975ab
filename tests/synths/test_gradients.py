"""thresher.synths: every control of every synthesizer can be learned."""

import pytest
import torch

from thresher.nn.spectral_loss import multi_scale_spectral_loss
from thresher.synths.envelopes import Envelope, adsr
from thresher.synths.fm import RATIOS, fm, fm_mixed
from thresher.synths.harmonic import harmonic
from thresher.synths.modulation import am, ring
from thresher.synths.noise import filtered_noise
from thresher.synths.reverb import decaying_impulse, reverberate
from thresher.synths.scaling import exp_sigmoid
from thresher.synths.six_operators import PATCHES, six_operators

RATE, HOP, FRAMES = 16_000, 20, 10


def number(*shape, low=0.2, high=0.9):
    values = torch.rand(shape, dtype=torch.float64) * (high - low) + low
    return values.requires_grad_()


def pitch():
    return number(1, FRAMES, low=300, high=900)


def log_time():
    return number(1, low=-2.5, high=-1.5)


def noise():
    return torch.rand(1, FRAMES * HOP, dtype=torch.float64) * 2 - 1


CASES = {
    "harmonic": lambda: (
        lambda f, a, d: harmonic(f, a, d, RATE, HOP),
        (pitch(), number(1, FRAMES), number(1, FRAMES, 5)),
    ),
    "noise": lambda: (
        lambda m, dice: filtered_noise(m, HOP, dice),
        (number(1, FRAMES, 17), noise().requires_grad_()),
    ),
    "reverb": lambda: (reverberate, (number(1, 200), number(50))),
    "decaying reverb": lambda: (
        lambda gain, decay, dice: decaying_impulse(gain, decay, dice, RATE),
        (number(), number(), number(200)),
    ),
    "fm": lambda: (
        lambda f, a, i, r: fm(f, a, i, r, RATE, HOP),
        (pitch(), number(1, FRAMES), number(1, FRAMES), number(1, 2, low=1, high=3)),
    ),
    "mixed fm": lambda: (
        lambda f, a, i, w: fm_mixed(f, a, i, w, RATE, HOP),
        (pitch(), number(1, FRAMES), number(1, FRAMES), number(1, len(RATIOS), high=0.3)),
    ),
    **{
        patch.name: lambda patch=patch: (
            lambda f, levels: six_operators(f, levels, patch, RATE, HOP),
            (pitch(), number(1, FRAMES, 6)),
        )
        for patch in PATCHES
    },
    "am": lambda: (
        lambda f, a, d, r: am(f, a, d, r, RATE, HOP),
        (pitch(), number(1, FRAMES), number(1, FRAMES), number(1, 2, low=1, high=3)),
    ),
    "ring": lambda: (
        lambda f, a, r: ring(f, a, r, RATE, HOP),
        (pitch(), number(1, FRAMES), number(1, 2, low=1, high=3)),
    ),
    "envelope": lambda: (
        lambda a, d, s, r, held: adsr(Envelope(a, d, s, r), held, 200, 250.0),
        (log_time(), log_time(), number(1), log_time(), number(1)),
    ),
    "exp sigmoid": lambda: (exp_sigmoid, (number(20, low=-5, high=5),)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_finite_differences(name):
    torch.manual_seed(0)
    function, controls = CASES[name]()

    # Against one random direction at a time: exact, and hundreds of times quicker.
    assert torch.autograd.gradcheck(function, controls, eps=1e-6, atol=1e-4, fast_mode=True)


@pytest.mark.parametrize("name", CASES)
def test_every_control_has_a_finite_gradient_that_is_not_zero(name):
    torch.manual_seed(1)
    function, controls = CASES[name]()

    (function(*controls) ** 2).sum().backward()

    for control in controls:
        assert control.grad is not None
        assert control.grad.isfinite().all()
        assert control.grad.abs().max() > 1e-9


def test_the_spectral_loss_has_the_gradient_of_finite_differences():
    torch.manual_seed(0)
    target, made = torch.randn(1, 200).double(), torch.randn(1, 200).double().requires_grad_()

    assert torch.autograd.gradcheck(
        lambda audio: multi_scale_spectral_loss(target, audio, (64, 32)), (made,), fast_mode=True
    )
