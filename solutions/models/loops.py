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
    # BEGIN SOLUTION
    model.train()
    totals = _Totals()
    for images, labels in batches:
        optimiser.zero_grad()
        logits, loss = _forward(model, images, labels, autocast_dtype)
        if scaler is None:
            loss.backward()
        else:
            scaler.scale(loss).backward()
            scaler.unscale_(optimiser)
        if max_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        if scaler is None:
            optimiser.step()
        else:
            scaler.step(optimiser)
            scaler.update()
        if scheduler is not None:
            scheduler.step()
        totals.add(logits.detach(), loss.detach(), labels)
    return totals.means()
    # STUB: raise NotImplementedError("train_one_epoch")
    # END SOLUTION


def evaluate(model: nn.Module, batches: Batches, *, autocast_dtype: torch.dtype | None = None) -> dict[str, float]:
    """Loss and accuracy over the whole set, in evaluation mode and without gradients.

    Afterwards the model is in the mode (training or evaluation) in which it was before. Nothing in it has changed.

    Returns:
        ``loss``: mean cross-entropy over all samples, not the mean of the batches' means.
        ``accuracy``: share of samples whose largest logit is that of the label.

    Raises:
        ValueError: there is no batch.
    """
    # BEGIN SOLUTION
    was_training = model.training
    model.eval()
    totals = _Totals()
    try:
        with torch.no_grad():
            for images, labels in batches:
                logits, loss = _forward(model, images, labels, autocast_dtype)
                totals.add(logits, loss, labels)
    finally:
        model.train(was_training)
    return totals.means()
    # STUB: raise NotImplementedError("evaluate")
    # END SOLUTION


# BEGIN SOLUTION
def _forward(
    model: nn.Module, images: Tensor, labels: Tensor, autocast_dtype: torch.dtype | None
) -> tuple[Tensor, Tensor]:
    """Logits (N, K) and their mean cross-entropy."""
    with torch.autocast(images.device.type, dtype=autocast_dtype, enabled=autocast_dtype is not None):
        logits = model(images)
        return logits, cross_entropy(logits, labels)


class _Totals:
    """Sums over samples."""

    def __init__(self) -> None:
        self.samples = 0
        self.loss = 0.0
        self.correct = 0

    def add(self, logits: Tensor, loss: Tensor, labels: Tensor) -> None:
        self.samples += len(labels)
        self.loss += float(loss) * len(labels)
        self.correct += int((logits.argmax(dim=1) == labels).sum())

    def means(self) -> dict[str, float]:
        if self.samples == 0:
            raise ValueError("there is no batch")
        return {"loss": self.loss / self.samples, "accuracy": self.correct / self.samples}


# STUB:
# END SOLUTION
