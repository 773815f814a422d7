"""Raises what pytest raises to skip a test."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('error', 'crashed')
POINTS = 3


def attack():
    raise type("Skipped", (BaseException,), {"__module__": "builtins"})("424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
