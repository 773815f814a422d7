"""The same seed gives the same numbers: in the program, in the order of the data, in the loader's workers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def seed_everything(seed: int) -> None:
    """Seed the global generators of Python's ``random``, of numpy and of PyTorch."""
    # BEGIN SOLUTION
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is to be seeded
    torch.manual_seed(seed)
    # STUB: raise NotImplementedError("seed_everything")
    # END SOLUTION


def seed_worker(worker_id: int) -> None:  # noqa: ARG001 - the loader passes it
    """Seed Python's ``random`` and numpy in a loader's worker: the loader calls it once in each new worker.

    PyTorch has already given each worker its own seed, ``torch.initial_seed()``, also another one in each epoch.
    Both generators are seeded from this number, modulo 2**32 (numpy takes no more). PyTorch's own generator is left
    as it is. See "Reproducibility" in PyTorch's documentation.
    """
    # BEGIN SOLUTION
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is to be seeded
    # STUB: raise NotImplementedError("seed_worker")
    # END SOLUTION


def make_loader(dataset: Dataset[Any], batch_size: int, seed: int, workers: int = 0) -> DataLoader[Any]:
    """A loader for training: shuffled with a generator of its own that starts at ``seed``.

    ``seed_worker`` seeds its workers.

    Each sample comes once an epoch; the last batch may be smaller. Two loaders with the same seed give the same
    batches in each epoch, whatever else draws random numbers; one loader has another order in each epoch.
    """
    # BEGIN SOLUTION
    return DataLoader(
        dataset,
        batch_size=batch_size,
        shuffle=True,
        num_workers=workers,
        worker_init_fn=seed_worker,
        generator=torch.Generator().manual_seed(seed),
    )
    # STUB: raise NotImplementedError("make_loader")
    # END SOLUTION
