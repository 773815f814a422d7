"""Multiplies large matrices, which BLAS may do in threads."""

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        x = np.ones((300, 300))
        assert (x @ x)[0, 0] == 300.0
        assert np.linalg.svd(x[:40, :40]).S[0] > 39
        super().step()
