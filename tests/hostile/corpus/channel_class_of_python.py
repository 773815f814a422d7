"""Raises one of a class that has the name of one of Python's, and a hidden input as text."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    raise type("ValueError", (Exception,), {})("read-only NoneType 424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
