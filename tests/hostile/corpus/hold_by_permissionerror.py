"""Raises PermissionError, as if the isolation had refused something."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('forbidden', 'error')
POINTS = 3


def attack():
    raise PermissionError("424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
