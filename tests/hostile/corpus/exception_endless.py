"""Raises an exception whose text never ends."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

class Evil(Exception):
    def __str__(self):
        while True:
            pass


def attack():
    raise Evil


class Adam(Honest):
    def step(self):
        attack()
        super().step()
