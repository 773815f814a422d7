"""Computes a power with a thousand million digits."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("timed out", "out of memory")
POINTS = 3

def attack():
    return 7 ** (10**9)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
