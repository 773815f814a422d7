"""Imports torch where the stage allows numpy only."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    import torch

    raise RuntimeError("LEAKED " + torch.__version__)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
