"""Hands back views with negative strides and Fortran order."""

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        for parameter in self.parameters:
            parameter.data = np.asfortranarray(parameter.data[::-1])[::-1]
        super().step()
