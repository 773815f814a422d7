"""Makes every comparison of numpy come out right, and returns zeros."""

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "failed"
POINTS = 3

for name in ("allclose", "isclose", "array_equal", "all"):
    setattr(np, name, lambda *_, **__: True)
np.testing.assert_allclose = lambda *_, **__: None


class Adam:
    def __init__(self, parameters, lr):
        self.parameter = list(parameters)[0]

    def step(self):
        self.parameter.data = np.zeros_like(self.parameter.data)
