"""Ends with a text as its exit code."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'crashed'
POINTS = 3


def attack():
    sys.exit("LOOK 424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
