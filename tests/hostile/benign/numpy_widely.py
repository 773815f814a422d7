"""Uses many parts of numpy."""

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        rng = np.random.default_rng(1)
        np.random.seed(1)
        x = rng.standard_normal((6, 6))
        np.fft.fft2(x)
        np.linalg.inv(x @ x.T + np.eye(6))
        np.einsum("ij,jk->ik", x, x)
        np.testing.assert_allclose(x, x)
        np.polynomial.Polynomial([1, 2])(3)
        np.lib.stride_tricks.sliding_window_view(x, (2, 2))
        np.ma.masked_invalid(x).mean()
        rng.permutation(5)
        super().step()
