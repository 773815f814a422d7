"""Sleeps in each step, as long as each call allows."""

import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'passed'
POINTS = 4


def attack():
    time.sleep(0.02)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
