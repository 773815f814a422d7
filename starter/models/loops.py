"""Training and evaluation of a classifier, one epoch at a time."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

Batches = Iterable[tuple[Tensor, Tensor]]


def train_one_epoch(
    model: nn.Module,
    batches: Batches,
    optimiser: torch.optim.Optimizer,
    *,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
    scaler: torch.amp.GradScaler | None = None,
    max_norm: float | None = None,
    autocast_dtype: torch.dtype | None = None,
) -> dict[str, float]:
    """Train on each batch once, in training mode, and return the epoch's loss and accuracy.

    A batch is images (N, C, H, W) and labels (N,) of dtype int64. The loss is cross-entropy on the model's logits
    (N, K), averaged over the batch. For each batch: gradients set to zero, forward pass, loss, backward pass, clipping
    to the total norm ``max_norm``, one step of the optimiser, then one step of the scheduler. None leaves a part out.

    With ``autocast_dtype`` the forward pass and the loss run in ``torch.autocast``; the backward pass does not. With a
    ``scaler`` the loss is scaled before the backward pass and gradients are unscaled before they are clipped.
    See "Automatic mixed precision examples" in PyTorch's documentation.

    Returns:
        ``loss``: mean over all samples of the epoch of the loss that each had in its batch, before that batch's step.
        ``accuracy``: share of samples whose largest logit, in the same forward pass, was that of the label.

    Raises:
        ValueError: there is no batch.
    """
    raise NotImplementedError("train_one_epoch")


def evaluate(model: nn.Module, batches: Batches, *, autocast_dtype: torch.dtype | None = None) -> dict[str, float]:
    """Loss and accuracy over the whole set, in evaluation mode and without gradients.

    Afterwards the model is in the mode (training or evaluation) in which it was before. Nothing in it has changed.

    Returns:
        ``loss``: mean cross-entropy over all samples, not the mean of the batches' means.
        ``accuracy``: share of samples whose largest logit is that of the label.

    Raises:
        ValueError: there is no batch.
    """
    raise NotImplementedError("evaluate")



