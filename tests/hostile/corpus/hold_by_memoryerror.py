"""Raises MemoryError, as if memory had run out."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('out of memory', 'error')
POINTS = 3


def attack():
    raise MemoryError("424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
