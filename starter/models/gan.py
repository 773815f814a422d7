"""Generative adversarial networks: losses, steps, gradient penalty, and how many modes the samples cover.

Sources:
    I. Goodfellow et al. (2014): Generative adversarial nets, section 3 and algorithm 1, https://arxiv.org/abs/1406.2661
    I. Gulrajani et al. (2017): Improved training of Wasserstein GANs, section 4, https://arxiv.org/abs/1704.00028
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer


class Generator(nn.Module):
    """From noise (N, latent_size) to samples (N, data_size): three linear layers with ReLU between them."""

    def __init__(self, latent_size: int, hidden_size: int, data_size: int) -> None:
        super().__init__()
        raise NotImplementedError("Generator.__init__")

    def forward(self, noise: Tensor) -> Tensor:
        """Samples, without an activation at the end."""
        raise NotImplementedError("Generator.forward")


class Discriminator(nn.Module):
    """From samples (N, data_size) to logits (N,): three linear layers with LeakyReLU, slope 0.2, between them."""

    def __init__(self, data_size: int, hidden_size: int) -> None:
        super().__init__()
        raise NotImplementedError("Discriminator.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """One logit for each sample: positive where it looks real."""
        raise NotImplementedError("Discriminator.forward")


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-mean log D(real) - mean log(1 - D(fake)), with D the sigmoid of the logits.

    Logits are (N,) and (M,); M may differ from N. The loss is finite for logits of any size.
    """
    raise NotImplementedError("discriminator_loss")


def generator_loss(fake_logits: Tensor, kind: str = "non-saturating") -> Tensor:
    """What the generator minimises, from the logits of its samples (N,).

    The kind "non-saturating" is -mean log D(fake), "minimax" is mean log(1 - D(fake)). Any other raises ValueError.
    """
    raise NotImplementedError("generator_loss")


def gradient_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """Mean over the samples of (norm of the gradient of the logit with respect to the sample - 1)².

    The gradient is taken at mix real + (1 - mix) fake. The penalty can be differentiated with respect to the
    discriminator's parameters.

    Samples are (N, ...) with any number of further axes; the norm of a sample's gradient is over all of them. mix is
    (N,), between 0 and 1: one number for each sample.
    """
    raise NotImplementedError("gradient_penalty")


def discriminator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimiser: Optimizer,
    real: Tensor,
    noise: Tensor,
    penalty: float = 0.0,
    mix: Tensor | None = None,
) -> float:
    """One step of the discriminator on real samples and on samples that the generator makes of ``noise``.

    The loss is ``discriminator_loss``, plus ``penalty`` times ``gradient_penalty`` with ``mix`` where penalty is not 0.
    Parameters of the generator and their ``.grad`` are as before; what was in ``.grad`` of the discriminator's before
    does not count. Both networks may be in training mode.

    Returns:
        the loss before the step.
    """
    raise NotImplementedError("discriminator_step")


def generator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimiser: Optimizer,
    noise: Tensor,
    kind: str = "non-saturating",
) -> float:
    """One step of the generator on the samples that it makes of ``noise``.

    Parameters of the discriminator and their ``.grad`` are as before; what was in ``.grad`` of the generator's before
    does not count. After the call the parameters of both networks require gradients as they did before.

    Returns:
        the loss before the step.
    """
    raise NotImplementedError("generator_step")


def mode_coverage(samples: Tensor, modes: Tensor, radius: float) -> tuple[Tensor, float]:
    """How many samples are near each mode.

    A sample belongs to its nearest mode if it is at most ``radius`` away from it, and to none otherwise.

    Samples are (N, D), modes (K, D).

    Returns:
        counts: (K,) int64; share: of the samples that belong to a mode, between 0 and 1.
    """
    raise NotImplementedError("mode_coverage")
