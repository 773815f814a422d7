"""What a translation model is trained on: shifted targets, smoothed labels, a learning rate that warms up."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def teacher_forcing(target: Tensor, bos: int, eos: int, pad: int) -> tuple[Tensor, Tensor]:
    """What the decoder reads, and what it should answer.

    Args:
        target: (N, T), sentences without BOS and EOS, filled with ``pad`` at the end; no sentence has a ``pad`` in it.
        bos: id of the beginning of a sentence.
        eos: id of its end.
        pad: id of padding.

    Returns:
        inputs (N, T + 1): BOS, the sentence, padding; labels (N, T + 1): the sentence, EOS, padding.
    """
    raise NotImplementedError("teacher_forcing")


def smoothed_loss(logits: Tensor, labels: Tensor, smoothing: float, pad: int) -> Tensor:
    """Cross-entropy with smoothed labels; padding gets nothing (Szegedy et al. 2016, section 7).

    The label has the probability 1 − smoothing, each other token but ``pad`` has smoothing / (V − 2), ``pad`` has 0.
    Places whose label is ``pad`` do not count.

    Args:
        logits: (N, T, V).
        labels: (N, T); at least one is not ``pad``.
        smoothing: what the label gives to the other tokens, 0 to 1.
        pad: id of padding.

    Returns:
        A scalar: the mean over all labels that are not ``pad``.
    """
    raise NotImplementedError("smoothed_loss")


def warmup_rate(step: int, d_model: int, warmup: int) -> float:
    """d_model^-0.5 · min(step^-0.5, step · warmup^-1.5); the first step is 1 (Vaswani et al. 2017, section 5.3)."""
    raise NotImplementedError("warmup_rate")


def warmup_schedule(optimiser: Optimizer, d_model: int, warmup: int) -> LambdaLR:
    """A scheduler, to be stepped after each step of the optimiser, whose lr is 1.

    The first step of the optimiser has ``warmup_rate(1, ...)``, the second ``warmup_rate(2, ...)``.
    """
    raise NotImplementedError("warmup_schedule")
