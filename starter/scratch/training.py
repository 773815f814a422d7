"""The training loop: batches, validation, early stopping, learning-rate schedules.

    model = MLP([64, 32, 10], rng=rng)
    optimiser = Adam(model.parameters(), lr=1e-3)
    history = fit(model, CrossEntropyLoss(), optimiser, train_loader, val_loader, epochs=50, patience=5)

A loader is anything that can be iterated once per epoch and yields batches ``(x, y)``: a ``DataLoader``, a list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scratch.nn import Module
from scratch.optim import Optimiser, Scheduler

Array: TypeAlias = NDArray[Any]
Loader: TypeAlias = Iterable[tuple[Array, Array]]


@dataclass
class History:
    """The losses and learning rates of ``fit``, one entry for each epoch that was run.

    Attributes:
        train_loss: mean over all training samples of the losses of their batches, each before the step of its
            batch.
        val_loss: loss on the validation data after the epoch; empty without validation data.
        lr: the learning rate of the epoch.
        best_epoch: the epoch (counted from 0) with the lowest val_loss, the first of them if there are several;
            None without validation data, or if every val_loss was NaN.
    """

    train_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    best_epoch: int | None = None


class ExponentialLR(Scheduler):
    """``base_lr`` times ``gamma`` once every step, as ``torch.optim.lr_scheduler.ExponentialLR``."""

    def __init__(self, optimiser: Optimiser, gamma: float) -> None:
        raise NotImplementedError("ExponentialLR.__init__")

    def lr_at(self, t: int) -> float:
        """Return base_lr * gamma**t."""
        raise NotImplementedError("ExponentialLR.lr_at")


def evaluate(model: Module, criterion: Module, loader: Loader) -> float:
    """Return the mean loss over all samples of ``loader``, the model in evaluation mode.

    ``criterion`` averages over a batch, so each batch must be weighted by its size. Afterwards the model's mode
    (``training``) is the same as before; its parameters and their gradients do not change.
    """
    raise NotImplementedError("evaluate")


def accuracy(model: Module, loader: Loader) -> float:
    """Return the share of the samples of ``loader`` whose largest logit is that of their class.

    The model returns logits of shape (N, K); y holds classes, shape (N,). The mode is treated as in ``evaluate``.
    """
    raise NotImplementedError("accuracy")


def fit(
    model: Module,
    criterion: Module,
    optimiser: Optimiser,
    train_loader: Loader,
    val_loader: Loader | None = None,
    *,
    epochs: int,
    patience: int | None = None,
    scheduler: Scheduler | None = None,
) -> History:
    """Train ``model`` and return the history of the training.

    Each epoch: set the model to training mode; for each batch reset the gradients, run forward and backward, and
    make a step; then evaluate on ``val_loader``, if there is one; then call ``scheduler.step()``, if there is one.

    Early stopping: with ``patience``, stop after that many epochs in a row whose val_loss was not below the lowest
    so far. With validation data, the model ends with the weights of the best epoch, whether or not training was
    stopped early. A val_loss of NaN is never the best.
    """
    raise NotImplementedError("fit")


# One epoch of training can be a separate function here.
