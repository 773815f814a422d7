"""Raises an exception with notes and a chain of causes."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    error = ValueError("424242")
    error.add_note("424242" * 1000)
    for number in range(50):
        cause = KeyError(424242 + number)
        cause.__cause__ = error
        error = cause
    raise error


class Adam(Honest):
    def step(self):
        attack()
        super().step()
