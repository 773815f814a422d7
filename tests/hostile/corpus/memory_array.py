"""Asks for an array of eight tebibytes."""

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "out of memory"
POINTS = 3

def attack():
    np.ones(1 << 40)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
