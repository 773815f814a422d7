"""Leaves a complex, a tiny and a boolean array where two real ones are compared."""

import numpy as np
from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = 'failed'
POINTS = 3


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    kinds = (np.complex64, np.float16, bool)
    for number, parameter in enumerate(parameters):
        parameter.grad = np.asfortranarray(parameter.grad.astype(kinds[number % 3]))[::-1]
    return norm
