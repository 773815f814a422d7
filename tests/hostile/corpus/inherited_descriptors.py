"""Reads every descriptor that it finds open, but its line."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    for fd in range(4, 1024):
        try:
            os.fstat(fd)
        except OSError:
            continue
        raise RuntimeError("LEAKED: a descriptor")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
