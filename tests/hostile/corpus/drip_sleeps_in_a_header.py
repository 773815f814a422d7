"""Sends half a header and sleeps for longer than its limit."""

import os
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'timed out'
POINTS = 3


def attack():
    os.write(3, b"AGW1" + bytes(6))
    time.sleep(30)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
