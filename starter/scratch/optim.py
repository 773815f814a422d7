"""Optimisers, gradient clipping and learning-rate schedules in numpy, named as in PyTorch.

An optimiser is given the parameters once. Each ``step`` reads every ``Parameter.grad`` and changes
``Parameter.data``. A scheduler changes the optimiser's ``lr`` between steps.

    optimiser = Adam(model.parameters(), lr=1e-3)
    scheduler = CosineAnnealingLR(optimiser, T_max=steps)
    for x, target in batches:
        optimiser.zero_grad()
        criterion.forward(model(x), target)
        model.backward(criterion.backward())
        clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimiser.step()
        scheduler.step()
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scratch.nn import Array, Parameter


class Optimiser:
    """The base class of all optimisers: it holds the parameters and the learning rate.

    Attributes:
        params: the parameters, in the order given.
        lr: the learning rate; every ``step`` reads it again, so that it may be set at any time.
    """

    def __init__(self, params: Iterable[Parameter], lr: float) -> None:
        """``params`` is any iterable, also one that can be read only once, such as a generator."""
        raise NotImplementedError("Optimiser.__init__")

    def zero_grad(self) -> None:
        """Reset every gradient: each ``grad`` is None, or zeros of its parameter's shape (both are accepted)."""
        raise NotImplementedError("Optimiser.zero_grad")

    def step(self) -> None:
        """Change every parameter that has a gradient; skip those whose ``grad`` is None."""
        raise NotImplementedError(f"{type(self).__name__}.step")


class SGD(Optimiser):
    """Gradient descent with momentum (Polyak 1964; Sutskever et al. 2013, section 2; PyTorch's form).

    With g the gradient plus ``weight_decay`` times the weights, and b the buffer of each parameter:
    b = g in the first step with a gradient, b = momentum * b + (1 - dampening) * g in the later ones;
    the weights change by -lr * b, or by -lr * (g + momentum * b) where ``nesterov`` is True. Without momentum
    there is no buffer: the weights change by -lr * g.
    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        raise NotImplementedError("SGD.__init__")

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        raise NotImplementedError("SGD.step")




class RMSprop(Optimiser):
    """Steps divided by a running root mean square of the gradient (Tieleman & Hinton 2012, lecture 6e).

    With g the gradient plus ``weight_decay`` times the weights, and v = 0 at first:
    v = alpha * v + (1 - alpha) * g**2; the weights change by -lr * g / (sqrt(v) + eps).
    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        raise NotImplementedError("RMSprop.__init__")

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        raise NotImplementedError("RMSprop.step")


class Adam(Optimiser):
    """Steps from running estimates of the first two moments of the gradient (Kingma & Ba 2015, algorithm 1).

    With g the gradient plus ``weight_decay`` times the weights, m = v = 0 and t = 0 at first, each step does
    t = t + 1; m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g**2;
    the weights change by -lr * m_hat / (sqrt(v_hat) + eps), m_hat = m / (1 - beta1**t), v_hat = v / (1 - beta2**t).
    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        raise NotImplementedError("Adam.__init__")

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        raise NotImplementedError("Adam.step")


class AdamW(Adam):
    """Adam whose weight decay is not part of the moments (Loshchilov & Hutter 2019, algorithm 2).

    m and v are computed from the gradient alone. Each step changes the weights by
    -lr * m_hat / (sqrt(v_hat) + eps) and by -lr * weight_decay times the weights before the step.
    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        raise NotImplementedError("AdamW.__init__")

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        raise NotImplementedError("AdamW.step")


def clip_grad_norm_(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients together so that their joint norm is at most ``max_norm``; return the norm before that.

    The norm is that of all gradients joined to one vector: one number, one factor. Gradients whose norm is
    below ``max_norm`` stay as they are, and so does a ``grad`` that is None. Without any gradient the norm is 0.0.

    Source: Pascanu, Mikolov & Bengio 2013, algorithm 1; ``torch.nn.utils.clip_grad_norm_``.
    """
    raise NotImplementedError("clip_grad_norm_")


class Scheduler:
    """The base class of all schedules: sets the optimiser's ``lr`` at the start and after each ``step``.

    The optimiser's ``lr`` when the scheduler is made is the schedule's ``base_lr``. t counts the calls of
    ``step``; the constructor sets the learning rate for t = 0.
    """

    def __init__(self, optimiser: Optimiser) -> None:
        raise NotImplementedError("Scheduler.__init__")

    def lr_at(self, t: int) -> float:
        """Return the learning rate after ``t`` calls of ``step``."""
        raise NotImplementedError(f"{type(self).__name__}.lr_at")

    def step(self) -> None:
        """Increase t by 1 and set the optimiser's ``lr``."""
        raise NotImplementedError("Scheduler.step")

    def get_last_lr(self) -> float:
        """Return the learning rate that this scheduler set last, as one number."""
        raise NotImplementedError("Scheduler.get_last_lr")


class StepLR(Scheduler):
    """``base_lr`` times ``gamma`` once every ``step_size`` steps."""

    def __init__(self, optimiser: Optimiser, step_size: int, gamma: float = 0.1) -> None:
        raise NotImplementedError("StepLR.__init__")

    def lr_at(self, t: int) -> float:
        """Return base_lr * gamma**(t // step_size)."""
        raise NotImplementedError("StepLR.lr_at")


class CosineAnnealingLR(Scheduler):
    """From ``base_lr`` at t = 0 along half a cosine to ``eta_min`` at t = ``T_max``; after that it rises again.

    Source: Loshchilov & Hutter 2017 (SGDR), equation 5, without restarts, as in PyTorch: the cosine continues
    after ``T_max``, so that the learning rate is ``base_lr`` again at t = 2 * ``T_max``.
    """

    def __init__(self, optimiser: Optimiser, T_max: int, eta_min: float = 0.0) -> None:
        raise NotImplementedError("CosineAnnealingLR.__init__")

    def lr_at(self, t: int) -> float:
        """Return the value of the cosine between ``base_lr`` and ``eta_min`` at t."""
        raise NotImplementedError("CosineAnnealingLR.lr_at")


class LinearWarmup(Scheduler):
    """From ``start_factor * base_lr`` at t = 0 in a straight line to ``base_lr`` at t = ``total_iters``; then constant.

    Source: Goyal et al. 2017, section 2.2; ``torch.optim.lr_scheduler.LinearLR`` with ``end_factor=1``.
    """

    def __init__(self, optimiser: Optimiser, total_iters: int, start_factor: float = 1 / 3) -> None:
        raise NotImplementedError("LinearWarmup.__init__")

    def lr_at(self, t: int) -> float:
        """Return the value of the line at t."""
        raise NotImplementedError("LinearWarmup.lr_at")


# The written question of the specification (at most 150 words).
WRITTEN_ANSWER = ""
