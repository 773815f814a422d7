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
        # BEGIN SOLUTION
        self.params = list(params)
        self.lr = lr
        # STUB: raise NotImplementedError("Optimiser.__init__")
        # END SOLUTION

    def zero_grad(self) -> None:
        """Reset every gradient: each ``grad`` is None, or zeros of its parameter's shape (both are accepted)."""
        # BEGIN SOLUTION
        for param in self.params:
            param.grad = None
        # STUB: raise NotImplementedError("Optimiser.zero_grad")
        # END SOLUTION

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
        # BEGIN SOLUTION
        super().__init__(params, lr)
        self.momentum = momentum
        self.dampening = dampening
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self.buffers: list[Array | None] = [None for _ in self.params]
        # STUB: raise NotImplementedError("SGD.__init__")
        # END SOLUTION

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        # BEGIN SOLUTION
        for index, param in enumerate(self.params):
            if param.grad is None:
                continue
            direction = param.grad + self.weight_decay * param.data  # a new array: grad belongs to the caller
            if self.momentum != 0:
                direction = self._smoothed(index, direction)
            param.data -= self.lr * direction
        # STUB: raise NotImplementedError("SGD.step")
        # END SOLUTION

    # BEGIN SOLUTION
    def _smoothed(self, index: int, grad: Array) -> Array:
        """Update the parameter's buffer with the gradient and return the direction of the step."""
        buffer = self.buffers[index]
        buffer = grad if buffer is None else self.momentum * buffer + (1 - self.dampening) * grad
        self.buffers[index] = buffer
        return grad + self.momentum * buffer if self.nesterov else buffer

    # STUB:
    # END SOLUTION


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
        # BEGIN SOLUTION
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        self.weight_decay = weight_decay
        self.mean_squares = [np.zeros_like(param.data) for param in self.params]
        # STUB: raise NotImplementedError("RMSprop.__init__")
        # END SOLUTION

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        # BEGIN SOLUTION
        for index, param in enumerate(self.params):
            if param.grad is None:
                continue
            grad = param.grad + self.weight_decay * param.data
            mean_square = self.alpha * self.mean_squares[index] + (1 - self.alpha) * grad**2
            self.mean_squares[index] = mean_square
            param.data -= self.lr * grad / (np.sqrt(mean_square) + self.eps)
        # STUB: raise NotImplementedError("RMSprop.step")
        # END SOLUTION


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
        # BEGIN SOLUTION
        super().__init__(params, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.t = 0
        self.m = [np.zeros_like(param.data) for param in self.params]
        self.v = [np.zeros_like(param.data) for param in self.params]
        # STUB: raise NotImplementedError("Adam.__init__")
        # END SOLUTION

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        # BEGIN SOLUTION
        beta1, beta2 = self.betas
        self.t += 1  # once a step, whatever the number of parameters
        for index, param in enumerate(self.params):
            if param.grad is None:
                continue
            grad = param.grad + self.weight_decay * param.data
            self.m[index] = beta1 * self.m[index] + (1 - beta1) * grad
            self.v[index] = beta2 * self.v[index] + (1 - beta2) * grad**2
            m_hat = self.m[index] / (1 - beta1**self.t)
            v_hat = self.v[index] / (1 - beta2**self.t)
            param.data -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        # STUB: raise NotImplementedError("Adam.step")
        # END SOLUTION


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
        # BEGIN SOLUTION
        super().__init__(params, lr, betas, eps, weight_decay=0.0)  # nothing of it in the moments
        self.decoupled_decay = weight_decay
        # STUB: raise NotImplementedError("AdamW.__init__")
        # END SOLUTION

    def step(self) -> None:
        """Make one step; ``grad`` stays as it is, and float32 parameters stay float32."""
        # BEGIN SOLUTION
        for param in self.params:
            if param.grad is not None:
                param.data -= self.lr * self.decoupled_decay * param.data
        super().step()
        # STUB: raise NotImplementedError("AdamW.step")
        # END SOLUTION


def clip_grad_norm_(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients together so that their joint norm is at most ``max_norm``; return the norm before that.

    The norm is that of all gradients joined to one vector: one number, one factor. Gradients whose norm is
    below ``max_norm`` stay as they are, and so does a ``grad`` that is None. Without any gradient the norm is 0.0.

    Source: Pascanu, Mikolov & Bengio 2013, algorithm 1; ``torch.nn.utils.clip_grad_norm_``.
    """
    # BEGIN SOLUTION
    with_grad = [param for param in parameters if param.grad is not None]
    norm = float(np.sqrt(sum(float(np.sum(np.square(param.grad))) for param in with_grad)))
    factor = min(1.0, max_norm / (norm + 1e-6))  # 1e-6 as in PyTorch: a norm of 0 is no division by 0
    for param in with_grad:
        param.grad = param.grad * factor
    return norm
    # STUB: raise NotImplementedError("clip_grad_norm_")
    # END SOLUTION


class Scheduler:
    """The base class of all schedules: sets the optimiser's ``lr`` at the start and after each ``step``.

    The optimiser's ``lr`` when the scheduler is made is the schedule's ``base_lr``. t counts the calls of
    ``step``; the constructor sets the learning rate for t = 0.
    """

    def __init__(self, optimiser: Optimiser) -> None:
        # BEGIN SOLUTION
        self.optimiser = optimiser
        self.base_lr = optimiser.lr
        self.t = 0
        self.optimiser.lr = self.lr_at(self.t)
        # STUB: raise NotImplementedError("Scheduler.__init__")
        # END SOLUTION

    def lr_at(self, t: int) -> float:
        """Return the learning rate after ``t`` calls of ``step``."""
        raise NotImplementedError(f"{type(self).__name__}.lr_at")

    def step(self) -> None:
        """Increase t by 1 and set the optimiser's ``lr``."""
        # BEGIN SOLUTION
        self.t += 1
        self.optimiser.lr = self.lr_at(self.t)
        # STUB: raise NotImplementedError("Scheduler.step")
        # END SOLUTION

    def get_last_lr(self) -> float:
        """Return the learning rate that this scheduler set last, as one number."""
        # BEGIN SOLUTION
        return self.lr_at(self.t)
        # STUB: raise NotImplementedError("Scheduler.get_last_lr")
        # END SOLUTION


class StepLR(Scheduler):
    """``base_lr`` times ``gamma`` once every ``step_size`` steps."""

    def __init__(self, optimiser: Optimiser, step_size: int, gamma: float = 0.1) -> None:
        # BEGIN SOLUTION
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimiser)
        # STUB: raise NotImplementedError("StepLR.__init__")
        # END SOLUTION

    def lr_at(self, t: int) -> float:
        """Return base_lr * gamma**(t // step_size)."""
        # BEGIN SOLUTION
        return self.base_lr * self.gamma ** (t // self.step_size)
        # STUB: raise NotImplementedError("StepLR.lr_at")
        # END SOLUTION


class CosineAnnealingLR(Scheduler):
    """From ``base_lr`` at t = 0 along half a cosine to ``eta_min`` at t = ``T_max``; after that it rises again.

    Source: Loshchilov & Hutter 2017 (SGDR), equation 5, without restarts, as in PyTorch: the cosine continues
    after ``T_max``, so that the learning rate is ``base_lr`` again at t = 2 * ``T_max``.
    """

    def __init__(self, optimiser: Optimiser, T_max: int, eta_min: float = 0.0) -> None:
        # BEGIN SOLUTION
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimiser)
        # STUB: raise NotImplementedError("CosineAnnealingLR.__init__")
        # END SOLUTION

    def lr_at(self, t: int) -> float:
        """Return the value of the cosine between ``base_lr`` and ``eta_min`` at t."""
        # BEGIN SOLUTION
        share = (1 + float(np.cos(np.pi * t / self.T_max))) / 2  # 1 at the start, 0 at T_max
        return self.eta_min + (self.base_lr - self.eta_min) * share
        # STUB: raise NotImplementedError("CosineAnnealingLR.lr_at")
        # END SOLUTION


class LinearWarmup(Scheduler):
    """From ``start_factor * base_lr`` at t = 0 in a straight line to ``base_lr`` at t = ``total_iters``; then constant.

    Source: Goyal et al. 2017, section 2.2; ``torch.optim.lr_scheduler.LinearLR`` with ``end_factor=1``.
    """

    def __init__(self, optimiser: Optimiser, total_iters: int, start_factor: float = 1 / 3) -> None:
        # BEGIN SOLUTION
        self.total_iters = total_iters
        self.start_factor = start_factor
        super().__init__(optimiser)
        # STUB: raise NotImplementedError("LinearWarmup.__init__")
        # END SOLUTION

    def lr_at(self, t: int) -> float:
        """Return the value of the line at t."""
        # BEGIN SOLUTION
        done = min(t, self.total_iters) / self.total_iters
        return self.base_lr * (self.start_factor + (1 - self.start_factor) * done)
        # STUB: raise NotImplementedError("LinearWarmup.lr_at")
        # END SOLUTION


# BEGIN SOLUTION
WRITTEN_ANSWER = """
The L2 term wd * w is part of the gradient, so Adam divides it by sqrt(v_hat) like the rest of the gradient. A weight
with large gradients has a large v_hat and is moved towards 0 by only lr * wd * w / sqrt(v_hat), a weight with small
gradients by much more: the penalty is not the same for all weights, and it changes with the gradients. (SGD does not
divide, so there L2 and decoupled decay are the same.) AdamW keeps the term out of m and v and multiplies every weight
by the same 1 - lr * wd in each step, whatever its gradients are.
"""
# STUB: # The written question of the specification (at most 150 words).
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION
