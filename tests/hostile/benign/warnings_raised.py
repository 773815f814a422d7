"""Warns, as numpy does on a division by zero."""

import warnings

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        warnings.warn("the learning rate is large", stacklevel=2)
        np.array([1.0]) / np.array([0.0])
        super().step()
