"""What the fork server runs once, so that no fork has to: what libraries initialise at the first use.

The settings name one of these functions; the records of runtimes are in ``runner/runtimes.py``.
"""

from __future__ import annotations

import importlib
import sys

import numpy as np


def numpy() -> None:
    """BLAS allocates its buffers at the first use."""
    np.linalg.svd(np.ones((8, 8)) @ np.ones((8, 8)))


def torch() -> None:
    """Torch, with one thread. The first step of an optimiser imports torch._dynamo: 1.5 s of CPU time and 71 MB.

    Where torch is built with CUDA, a backward pass and an optimiser's step start CUDA, to look for devices; processes
    that are forked afterwards could not use one. There, only what they import is imported.
    """
    numpy()
    library = sys.modules["torch"]
    library.set_num_threads(1)
    library.set_num_interop_threads(1)
    library.backends.cudnn.deterministic, library.backends.cudnn.benchmark = True, False
    library.backends.cudnn.allow_tf32 = False  # 10 bits of precision: right code would miss the tolerances of float32
    convolution = library.nn.Conv2d(3, 4, 3)
    loss = convolution(library.zeros(2, 3, 8, 8)).sum()
    library.nn.LSTM(4, 4)(library.zeros(3, 1, 4))
    if library.version.cuda is None and library.version.hip is None:
        loss.backward()
        library.optim.Adam(convolution.parameters()).step()
    else:
        importlib.import_module("torch._dynamo")


WARM_UP = {"numpy": numpy, "torch": torch}
