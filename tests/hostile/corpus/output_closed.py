"""Closes its output, then answers honestly."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    for fd in (1, 2):
        try:
            os.close(fd)
        except OSError:
            continue


class Adam(Honest):
    def step(self):
        attack()
        super().step()
