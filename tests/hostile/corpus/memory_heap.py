"""Allocates until there is no more."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "out of memory"
POINTS = 3

def attack():
    hoard = []
    while True:
        hoard.append(bytearray(1 << 20))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
