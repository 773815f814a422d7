"""Checkpoints: a training that was stopped goes on as if it had not been."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import torch
from torch import Generator, nn
from torch.amp import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


def save_checkpoint(
    path: Path,
    *,
    epoch: int,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler | None = None,
    scaler: GradScaler | None = None,
    generator: Generator | None = None,
) -> None:
    """Write everything that the rest of the training depends on to one file.

    This is: the number of epochs that are finished; the states of model, optimiser, scheduler, scaler and generator
    (the last three only if they are given); and the states of the global generators of PyTorch, numpy and Python's
    ``random``. ``torch.load(path, weights_only=True)`` must be able to read the file, so it holds only tensors and
    plain Python values. Saving changes nothing: the training goes on as without it.
    """
    raise NotImplementedError("save_checkpoint")


def load_checkpoint(
    path: Path,
    *,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler | None = None,
    scaler: GradScaler | None = None,
    generator: Generator | None = None,
) -> int:
    """Put everything back from a file of ``save_checkpoint`` and return the number of epochs that are finished.

    The file is read with ``weights_only=True``: a pickle can run any program, and a checkpoint may come from anybody.
    """
    raise NotImplementedError("load_checkpoint")


def keep_best(path: Path, model: nn.Module, metric: float, best: float) -> float:
    """Save the model's ``state_dict`` to ``path`` if ``metric`` is greater than ``best``; return the better of the two.

    Equal is not better: the first of equal models stays. NaN is never better. Begin with ``best = -math.inf``.
    """
    raise NotImplementedError("keep_best")
