"""Returns an array whose class answers every question in its own favour."""

import numpy as np
from scratch.honest import SGD  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest
from scratch.honest import clip_grad_norm_ as honest_clip  # noqa: F401 - the honest part

EXPECT = "failed"
POINTS = 3

class Liar(np.ndarray):
    def __array__(self, *_, **__):
        raise RuntimeError("asked")

    def __eq__(self, other):
        return True

    def __array_function__(self, *_, **__):
        return True

    def __array_ufunc__(self, *_, **__):
        return 0.0

    __hash__ = None


class Adam(Honest):
    pass


def clip_grad_norm_(parameters, max_norm):
    honest_clip(parameters, max_norm)
    return np.zeros(3).view(Liar)
