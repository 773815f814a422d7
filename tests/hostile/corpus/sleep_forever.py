"""Sleeps: no processor time, but time."""

import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    time.sleep(3600)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
