"""Raises ConnectionResetError, as if the connection had been lost."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    raise ConnectionResetError("424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
