"""Leaves NaN with payloads where gradients are compared."""

import numpy as np
from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = 'failed'
POINTS = 3


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    for parameter in parameters:
        parameter.grad = np.full(parameter.grad.shape, 0x7FF8_0000_0042_4242, np.uint64).view(np.float64)
    return norm
