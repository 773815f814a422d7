"""Multiplies matrices for ever within BLAS."""

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    x = np.ones((900, 900))
    while True:
        x = x @ x * 0.0 + 1.0


class Adam(Honest):
    def step(self):
        attack()
        super().step()
