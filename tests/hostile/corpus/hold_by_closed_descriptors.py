"""Closes every descriptor and says that the machine is at fault."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('forbidden', 'crashed')
POINTS = 3


def attack():
    os.closerange(0, 100)
    raise OSError(5, "Input/output error")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
