"""Raises an exception of a class whose name is a hidden input."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    raise type("Input424242", (ValueError,), {})


class Adam(Honest):
    def step(self):
        attack()
        super().step()
