"""Denoising diffusion: schedules, the way to noise and back, DDPM and DDIM samplers, guidance.

Time steps are t = 0, ..., T - 1; t = T - 1 has the most noise. ᾱ is the product of α = 1 - β up to and with t.

Sources:
    J. Ho, A. Jain, P. Abbeel (2020): Denoising diffusion probabilistic models, sections 2 and 3, algorithms 1 and 2,
    https://arxiv.org/abs/2006.11239
    A. Nichol, P. Dhariwal (2021): Improved denoising diffusion probabilistic models, equation 17,
    https://arxiv.org/abs/2102.09672
    J. Song, C. Meng, S. Ermon (2021): Denoising diffusion implicit models, equation 12, https://arxiv.org/abs/2010.02502
    J. Ho, T. Salimans (2022): Classifier-free diffusion guidance, https://arxiv.org/abs/2207.12598
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

Model = Callable[[Tensor, Tensor], Tensor]  # (x (N, ...), t (N,) int64) -> the noise in x


def linear_betas(steps: int, first: float = 1e-4, last: float = 0.02) -> Tensor:
    """T numbers from ``first`` to ``last`` at equal distances, each times 1000 / T: (T,) float64.

    ``first`` and ``last`` are those for 1000 steps. The factor makes x_T as noisy with fewer.
    """
    # BEGIN SOLUTION
    return torch.linspace(first, last, steps, dtype=torch.float64) * (1000 / steps)
    # STUB: raise NotImplementedError("linear_betas")
    # END SOLUTION


def cosine_betas(steps: int, offset: float = 0.008, most: float = 0.999) -> Tensor:
    """β_t = min(1 - f(t + 1) / f(t), most) with f(t) = cos²(π/2 (t / T + offset) / (1 + offset)): (T,) float64."""
    # BEGIN SOLUTION
    places = torch.arange(steps + 1, dtype=torch.float64) / steps
    values = torch.cos((places + offset) / (1 + offset) * math.pi / 2).square()
    return (1 - values[1:] / values[:-1]).clamp(max=most)
    # STUB: raise NotImplementedError("cosine_betas")
    # END SOLUTION


class Schedule:
    """What belongs to given β, each as (T,) float64.

    Attributes:
        betas, alphas, alpha_bars: β_t, α_t = 1 - β_t and ᾱ_t.
        alpha_bars_before: ᾱ_{t-1}; 1 for t = 0.
        posterior_variances: β̃_t = β_t (1 - ᾱ_{t-1}) / (1 - ᾱ_t): the variance of x_{t-1} where x_t and x_0 are known.
    """

    def __init__(self, betas: Tensor) -> None:
        # BEGIN SOLUTION
        self.betas = betas.double()
        self.alphas = 1 - self.betas
        self.alpha_bars = self.alphas.cumprod(0)
        self.alpha_bars_before = torch.cat([torch.ones(1, dtype=torch.float64), self.alpha_bars[:-1]])
        self.posterior_variances = self.betas * (1 - self.alpha_bars_before) / (1 - self.alpha_bars)
        # STUB: raise NotImplementedError("Schedule")
        # END SOLUTION

    def __len__(self) -> int:
        """T."""
        # BEGIN SOLUTION
        return len(self.betas)
        # STUB: raise NotImplementedError("Schedule.__len__")
        # END SOLUTION

    # BEGIN SOLUTION
    def at(self, values: Tensor, t: Tensor, x: Tensor) -> Tensor:
        """The values of the steps t (N,), in x's dtype and with axes that broadcast over x (N, ...)."""
        return values[t].to(x.dtype).reshape(-1, *[1] * (x.ndim - 1))

    # STUB:
    # END SOLUTION


def q_sample(schedule: Schedule, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) noise, with a t of its own for each sample (Ho et al., equation 4).

    x0 and noise are (N, ...) with any number of further axes, t is (N,) int64. The result has the shape and dtype of
    x0.
    """
    # BEGIN SOLUTION
    bar = schedule.alpha_bars
    return schedule.at(bar.sqrt(), t, x0) * x0 + schedule.at((1 - bar).sqrt(), t, x0) * noise
    # STUB: raise NotImplementedError("q_sample")
    # END SOLUTION


def predicted_x0(schedule: Schedule, x: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    """The x_0 for which ``q_sample`` with the noise ``eps`` is x."""
    # BEGIN SOLUTION
    bar = schedule.alpha_bars
    return (x - schedule.at((1 - bar).sqrt(), t, x) * eps) / schedule.at(bar.sqrt(), t, x)
    # STUB: raise NotImplementedError("predicted_x0")
    # END SOLUTION


def diffusion_loss(model: Model, schedule: Schedule, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """Mean over all elements of (noise - model(x_t, t))² (Ho et al., equation 14)."""
    # BEGIN SOLUTION
    return functional.mse_loss(model(q_sample(schedule, x0, t, noise), t), noise)
    # STUB: raise NotImplementedError("diffusion_loss")
    # END SOLUTION


def posterior(schedule: Schedule, x0: Tensor, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of x_{t-1} where x_0 and x = x_t are known (Ho et al., equations 6 and 7).

    Returns:
        mean: as x; variance: (N,), in x's dtype.
    """
    # BEGIN SOLUTION
    before, rest = schedule.alpha_bars_before, 1 - schedule.alpha_bars
    of_x0 = schedule.at(before.sqrt() * schedule.betas / rest, t, x)
    of_x = schedule.at(schedule.alphas.sqrt() * (1 - before) / rest, t, x)
    return of_x0 * x0 + of_x * x, schedule.posterior_variances[t].to(x.dtype)
    # STUB: raise NotImplementedError("posterior")
    # END SOLUTION


@torch.no_grad()
def ddpm_sample(model: Model, schedule: Schedule, noises: Tensor, variance: str = "posterior") -> Tensor:
    """Ancestral sampling from t = T - 1 to 0 (Ho et al., algorithm 2).

    Args:
        model: receives x and a tensor (N,) int64 with the step.
        schedule: of T steps.
        noises: (T + 1, N, ...). x begins as noises[T]; the step from x_t to x_{t-1} adds √variance times noises[t]. The
            last step, t = 0, adds none.
        variance: "posterior": β̃_t; "beta": β_t. Anything else: ValueError.

    Returns:
        (N, ...).
    """
    # BEGIN SOLUTION
    if variance not in ("posterior", "beta"):
        raise ValueError(f"variance must be 'posterior' or 'beta', got {variance!r}")
    x = noises[-1]
    spread = (schedule.posterior_variances if variance == "posterior" else schedule.betas).sqrt().to(x.dtype)
    for step in reversed(range(len(schedule))):
        t = torch.full((len(x),), step)
        mean, _ = posterior(schedule, predicted_x0(schedule, x, t, model(x, t)), x, t)
        x = mean if step == 0 else mean + spread[step] * noises[step]
    return x
    # STUB: raise NotImplementedError("ddpm_sample")
    # END SOLUTION


def ddim_times(steps: int, count: int) -> list[int]:
    """``count`` steps from T - 1 down to 0 at equal distances, rounded: at least 2, at most T, otherwise ValueError."""
    # BEGIN SOLUTION
    if not 2 <= count <= steps:
        raise ValueError(f"count must be from 2 to {steps}, got {count}")
    return [round((steps - 1) * (count - 1 - place) / (count - 1)) for place in range(count)]
    # STUB: raise NotImplementedError("ddim_times")
    # END SOLUTION


@torch.no_grad()
def ddim_sample(model: Model, schedule: Schedule, noise: Tensor, times: Sequence[int]) -> Tensor:
    """From noise to samples without further noise (Song et al., equation 12 with σ = 0).

    At each step the model's noise gives x_0, and this x_0 with the same noise gives x at the next of ``times``. After
    the last one the result is x_0.

    ``noise`` is x at times[0], (N, ...); ``times`` fall, as those that ``ddim_times`` returns.
    """
    # BEGIN SOLUTION
    x = noise
    for place, step in enumerate(times):
        t = torch.full((len(x),), step)
        eps = model(x, t)
        x = predicted_x0(schedule, x, t, eps)
        if place + 1 < len(times):
            x = q_sample(schedule, x, torch.full_like(t, times[place + 1]), eps)
    return x
    # STUB: raise NotImplementedError("ddim_sample")
    # END SOLUTION


@torch.no_grad()
def ddim_encode(model: Model, schedule: Schedule, x0: Tensor, times: Sequence[int]) -> Tensor:
    """The way back: from samples to the noise that ``ddim_sample`` would begin with, up to the size of its steps.

    x begins as x_0, as if it were x at times[-1]. From one of the times to the one before it in ``times``, which is
    noisier, the model's noise at the time left gives x_0, and this x_0 with the same noise gives x at the other.

    Returns:
        x at times[0].
    """
    # BEGIN SOLUTION
    x = x0
    for place in range(len(times) - 1, 0, -1):
        t = torch.full((len(x),), times[place])
        eps = model(x, t)
        x = q_sample(schedule, predicted_x0(schedule, x, t, eps), torch.full_like(t, times[place - 1]), eps)
    return x
    # STUB: raise NotImplementedError("ddim_encode")
    # END SOLUTION


def dropped_labels(labels: Tensor, keep: Tensor, null: int) -> Tensor:
    """Labels for a training that learns with and without them: ``null`` where ``keep`` is False.

    Labels are (N,) int64 and stay as they are; keep is (N,) bool; ``null`` is the label that means none.
    """
    # BEGIN SOLUTION
    return torch.where(keep, labels, torch.full_like(labels, null))
    # STUB: raise NotImplementedError("dropped_labels")
    # END SOLUTION


def guided(model: Callable[[Tensor, Tensor, Tensor], Tensor], labels: Tensor, scale: float, null: int) -> Model:
    """Classifier-free guidance: a model of x and t alone, for the samplers.

    Its noise is u + scale (c - u), with c the noise for the labels and u that for the label ``null``. So scale 0
    ignores the labels, 1 is the model itself, and more than 1 exaggerates what the labels change. ``model`` receives
    x (N, ...), t (N,) and labels (N,); it may be called once with 2N samples, or twice with N.
    """

    # BEGIN SOLUTION
    def noise(x: Tensor, t: Tensor) -> Tensor:
        without = model(x, t, torch.full_like(labels, null))
        return without + scale * (model(x, t, labels) - without)

    return noise
    # STUB: raise NotImplementedError("guided")
    # END SOLUTION


def time_embedding(t: Tensor, size: int) -> Tensor:
    """sin(t w_i) for i = 0, ..., size / 2 - 1, then cos(t w_i), with w_i = 10000^(-2i / size): (N, size) float32.

    t is (N,) int64, size is even.
    """
    # BEGIN SOLUTION
    rates = 10000 ** (-torch.arange(0, size, 2) / size)
    angles = t[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
    # STUB: raise NotImplementedError("time_embedding")
    # END SOLUTION


class Denoiser(nn.Module):
    """Predicts the noise in x (N, data_size) at steps t (N,).

    h = SiLU(A x + B e(t)), e the ``time_embedding`` of size hidden_size; h = SiLU(C h); D h. A, C and D have biases, B
    has none. ``parameters()``: A.weight, A.bias, B.weight, C.weight, C.bias, D.weight, D.bias.
    """

    def __init__(self, data_size: int, hidden_size: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.input = nn.Linear(data_size, hidden_size)
        self.time = nn.Linear(hidden_size, hidden_size, bias=False)
        self.hidden = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, data_size)
        # STUB: raise NotImplementedError("Denoiser.__init__")
        # END SOLUTION

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise: as x."""
        # BEGIN SOLUTION
        embedded = time_embedding(t, self.time.in_features).to(x.dtype)
        hidden = functional.silu(self.input(x) + self.time(embedded))
        return self.output(functional.silu(self.hidden(hidden)))
        # STUB: raise NotImplementedError("Denoiser.forward")
        # END SOLUTION
