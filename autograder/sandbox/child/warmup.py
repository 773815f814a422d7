"""What the fork server runs once, so that no fork has to: what libraries initialise at the first use.

The settings name one of these functions; the records of runtimes are in ``runner/runtimes.py``.
"""

from __future__ import annotations

import sys

import numpy as np


def numpy() -> None:
    """BLAS allocates its buffers at the first use."""
    np.linalg.svd(np.ones((8, 8)) @ np.ones((8, 8)))


def torch() -> None:
    """Torch, with one thread. The first step of an optimiser imports torch._dynamo: 1.5 s of CPU time and 71 MB."""
    numpy()
    library = sys.modules["torch"]
    library.set_num_threads(1)
    library.set_num_interop_threads(1)
    convolution = library.nn.Conv2d(3, 4, 3)
    convolution(library.zeros(2, 3, 8, 8)).sum().backward()
    library.nn.LSTM(4, 4)(library.zeros(3, 1, 4))
    library.optim.Adam(convolution.parameters()).step()


WARM_UP = {"numpy": numpy, "torch": torch}
