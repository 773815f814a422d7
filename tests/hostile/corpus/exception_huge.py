"""Raises an exception with a text of 50 MB."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    raise ValueError("x" * 50_000_000)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
