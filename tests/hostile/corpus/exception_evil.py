"""Raises an exception whose text cannot be had."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

class Evil(Exception):
    def __str__(self):
        raise SystemExit(0)


def attack():
    raise Evil


class Adam(Honest):
    def step(self):
        attack()
        super().step()
