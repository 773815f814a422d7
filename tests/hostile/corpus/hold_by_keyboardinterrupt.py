"""Raises KeyboardInterrupt, as if a person had pressed Ctrl-C."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('error', 'crashed')
POINTS = 3


def attack():
    raise KeyboardInterrupt("424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
