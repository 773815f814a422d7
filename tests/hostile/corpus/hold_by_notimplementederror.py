"""Raises NotImplementedError, as if nothing had been written yet."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    raise NotImplementedError("424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
