"""Ends with an exit code of a hundred digits."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'crashed'
POINTS = 3


def attack():
    sys.exit(10**100 + 424242)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
