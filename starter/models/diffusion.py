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
    raise NotImplementedError("linear_betas")


def cosine_betas(steps: int, offset: float = 0.008, most: float = 0.999) -> Tensor:
    """β_t = min(1 - f(t + 1) / f(t), most) with f(t) = cos²(π/2 (t / T + offset) / (1 + offset)): (T,) float64."""
    raise NotImplementedError("cosine_betas")


class Schedule:
    """What belongs to given β, each as (T,) float64.

    Attributes:
        betas, alphas, alpha_bars: β_t, α_t = 1 - β_t and ᾱ_t.
        alpha_bars_before: ᾱ_{t-1}; 1 for t = 0.
        posterior_variances: β̃_t = β_t (1 - ᾱ_{t-1}) / (1 - ᾱ_t): the variance of x_{t-1} where x_t and x_0 are known.
    """

    def __init__(self, betas: Tensor) -> None:
        raise NotImplementedError("Schedule")

    def __len__(self) -> int:
        """T."""
        raise NotImplementedError("Schedule.__len__")




def q_sample(schedule: Schedule, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) noise, with a t of its own for each sample (Ho et al., equation 4).

    x0 and noise are (N, ...) with any number of further axes, t is (N,) int64. The result has the shape and dtype of
    x0.
    """
    raise NotImplementedError("q_sample")


def predicted_x0(schedule: Schedule, x: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    """The x_0 for which ``q_sample`` with the noise ``eps`` is x."""
    raise NotImplementedError("predicted_x0")


def diffusion_loss(model: Model, schedule: Schedule, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """Mean over all elements of (noise - model(x_t, t))² (Ho et al., equation 14)."""
    raise NotImplementedError("diffusion_loss")


def posterior(schedule: Schedule, x0: Tensor, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of x_{t-1} where x_0 and x = x_t are known (Ho et al., equations 6 and 7).

    Returns:
        mean: as x; variance: (N,), in x's dtype.
    """
    raise NotImplementedError("posterior")


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
    raise NotImplementedError("ddpm_sample")


def ddim_times(steps: int, count: int) -> list[int]:
    """``count`` steps from T - 1 down to 0 at equal distances, rounded: at least 2, at most T, otherwise ValueError."""
    raise NotImplementedError("ddim_times")


@torch.no_grad()
def ddim_sample(model: Model, schedule: Schedule, noise: Tensor, times: Sequence[int]) -> Tensor:
    """From noise to samples without further noise (Song et al., equation 12 with σ = 0).

    At each step the model's noise gives x_0, and this x_0 with the same noise gives x at the next of ``times``. After
    the last one the result is x_0.

    ``noise`` is x at times[0], (N, ...); ``times`` fall, as those that ``ddim_times`` returns.
    """
    raise NotImplementedError("ddim_sample")


@torch.no_grad()
def ddim_encode(model: Model, schedule: Schedule, x0: Tensor, times: Sequence[int]) -> Tensor:
    """The way back: from samples to the noise that ``ddim_sample`` would begin with, up to the size of its steps.

    x begins as x_0, as if it were x at times[-1]. From one of the times to the one before it in ``times``, which is
    noisier, the model's noise at the time left gives x_0, and this x_0 with the same noise gives x at the other.

    Returns:
        x at times[0].
    """
    raise NotImplementedError("ddim_encode")


def dropped_labels(labels: Tensor, keep: Tensor, null: int) -> Tensor:
    """Labels for a training that learns with and without them: ``null`` where ``keep`` is False.

    Labels are (N,) int64 and stay as they are; keep is (N,) bool; ``null`` is the label that means none.
    """
    raise NotImplementedError("dropped_labels")


def guided(model: Callable[[Tensor, Tensor, Tensor], Tensor], labels: Tensor, scale: float, null: int) -> Model:
    """Classifier-free guidance: a model of x and t alone, for the samplers.

    Its noise is u + scale (c - u), with c the noise for the labels and u that for the label ``null``. So scale 0
    ignores the labels, 1 is the model itself, and more than 1 exaggerates what the labels change. ``model`` receives
    x (N, ...), t (N,) and labels (N,); it may be called once with 2N samples, or twice with N.
    """

    raise NotImplementedError("guided")


def time_embedding(t: Tensor, size: int) -> Tensor:
    """sin(t w_i) for i = 0, ..., size / 2 - 1, then cos(t w_i), with w_i = 10000^(-2i / size): (N, size) float32.

    t is (N,) int64, size is even.
    """
    raise NotImplementedError("time_embedding")


class Denoiser(nn.Module):
    """Predicts the noise in x (N, data_size) at steps t (N,).

    h = SiLU(A x + B e(t)), e the ``time_embedding`` of size hidden_size; h = SiLU(C h); D h. A, C and D have biases, B
    has none. ``parameters()``: A.weight, A.bias, B.weight, C.weight, C.bias, D.weight, D.bias.
    """

    def __init__(self, data_size: int, hidden_size: int) -> None:
        super().__init__()
        raise NotImplementedError("Denoiser.__init__")

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise: as x."""
        raise NotImplementedError("Denoiser.forward")
