"""Raises in code whose file's name is a hidden input."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    exec(compile("raise ValueError", "scratch/424242.py", "exec"))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
