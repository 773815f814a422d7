"""Needs 300 MB for an honest computation."""

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        x = np.ones((150, 512, 256))
        assert (x * 2).sum() == 2 * x.size
        super().step()
