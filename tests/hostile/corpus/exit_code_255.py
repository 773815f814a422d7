"""Ends with an exit code of all bits."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'crashed'
POINTS = 3


def attack():
    os._exit(255)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
