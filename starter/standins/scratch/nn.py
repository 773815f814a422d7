"""A stand-in for ``scratch/nn.py`` until yours of s02_backprop is begun: optimisers need little of it.

``python -m autograder check`` uses it only while your own ``scratch/nn.py`` is as it was handed out. When your work is
graded, the course's own complete ``scratch/nn.py`` is used.
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
    if name.startswith("__"):  # Python itself asks for such names
        raise AttributeError(name)
    raise NotImplementedError(f"{name} is a part of s02_backprop; this stand-in has Parameter only")
