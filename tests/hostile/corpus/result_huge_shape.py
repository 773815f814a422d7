"""Returns an array of 2**40 elements that holds one."""

import numpy as np
from scratch.honest import SGD  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest
from scratch.honest import clip_grad_norm_ as honest_clip  # noqa: F401 - the honest part

EXPECT = "out of memory"
POINTS = 3

class Adam(Honest):
    pass


def clip_grad_norm_(parameters, max_norm):
    honest_clip(parameters, max_norm)
    return np.broadcast_to(1.0, (1 << 20, 1 << 20))
