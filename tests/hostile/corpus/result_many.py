"""Returns a hundred thousand arrays."""

import numpy as np
from scratch.honest import SGD  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest
from scratch.honest import clip_grad_norm_ as honest_clip  # noqa: F401 - the honest part

EXPECT = ("error", "timed out")
POINTS = 3

class Adam(Honest):
    pass


def clip_grad_norm_(parameters, max_norm):
    honest_clip(parameters, max_norm)
    return [np.zeros(1) for _ in range(100_000)]
