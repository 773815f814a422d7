"""Loops for ever in a finaliser."""

import gc
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

class Endless:
    def __del__(self):
        while True:
            pass


def attack():
    Endless()
    gc.collect()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
