"""Returns an array of as many axes as can be sent, with sizes of its choice."""

import numpy as np
from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = 'failed'
POINTS = 3


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    return np.empty((4, 2, 4, 2, 4, 2, 0, 424242))
