"""Reads the next call itself and never answers."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    os.read(3, 65536)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
