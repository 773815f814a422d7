"""Gives away the environment in the text of an exception."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    raise RuntimeError(str(dict(os.environ)))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
