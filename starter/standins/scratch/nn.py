"""A stand-in for ``scratch/nn.py`` until you begin s02_backprop: optimisers need only a small part of it.

``python -m autograder check`` uses it only while your own ``scratch/nn.py`` is the unchanged starter file. When your
work is graded, the complete ``scratch/nn.py`` of the reference is used.
"""

from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


class Parameter(SimpleNamespace):
    """An array ``data`` and its gradient ``grad``, which is None at first."""

    def __init__(self, data):
        super().__init__(data=np.array(data, dtype=np.float64), grad=None)


def __getattr__(name: str) -> object:
    if name.startswith("__"):  # Python itself looks up such names
        raise AttributeError(name)
    raise NotImplementedError(f"{name} is a part of s02_backprop; this stand-in has Parameter only")
