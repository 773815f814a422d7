"""Raises an exception whose class is of a module with a hidden input as its name."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    raise type("Error", (Exception,), {"__module__": "m424242", "__qualname__": "q424242"})(424242)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
