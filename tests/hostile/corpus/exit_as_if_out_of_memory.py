"""Ends with each exit code in turn that our own code might use."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('crashed', 'out of memory', 'forbidden')
POINTS = 3


def attack():
    os._exit(70 + len(os.listdir("."))) if hasattr(os, "_exit") else None


class Adam(Honest):
    def step(self):
        attack()
        super().step()
