"""Fills pipes."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    hoard = []
    while True:
        hoard.append(os.pipe())
        os.set_blocking(hoard[-1][1], False)
        os.write(hoard[-1][1], bytes(65536))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
