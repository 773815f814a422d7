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
    # BEGIN SOLUTION
    kind, keys, position, has_gauss, gauss = np.random.get_state()  # noqa: NPY002 - the global generator is to be saved
    state = {
        "epoch": epoch,
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "torch_rng": torch.get_rng_state(),
        "python_rng": random.getstate(),
        "numpy_rng": (str(kind), keys.tolist(), int(position), int(has_gauss), float(gauss)),
    }
    if scheduler is not None:
        state["scheduler"] = scheduler.state_dict()
    if scaler is not None:
        state["scaler"] = scaler.state_dict()
    if generator is not None:
        state["generator"] = generator.get_state()
    torch.save(state, path)
    # STUB: raise NotImplementedError("save_checkpoint")
    # END SOLUTION


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
    # BEGIN SOLUTION
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    if scheduler is not None:
        scheduler.load_state_dict(state["scheduler"])
    if scaler is not None:
        scaler.load_state_dict(state["scaler"])
    if generator is not None:
        generator.set_state(state["generator"])
    torch.set_rng_state(state["torch_rng"])
    random.setstate(state["python_rng"])
    kind, keys, *rest = state["numpy_rng"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002 - as above
    return state["epoch"]
    # STUB: raise NotImplementedError("load_checkpoint")
    # END SOLUTION


def keep_best(path: Path, model: nn.Module, metric: float, best: float) -> float:
    """Save the model's ``state_dict`` to ``path`` if ``metric`` is greater than ``best``; return the better of the two.

    Equal is not better: the first of equal models stays. NaN is never better. Begin with ``best = -math.inf``.
    """
    # BEGIN SOLUTION
    if math.isnan(metric) or metric <= best:
        return best
    torch.save(model.state_dict(), path)
    return metric
    # STUB: raise NotImplementedError("keep_best")
    # END SOLUTION
