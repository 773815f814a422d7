"""Tries to live on as a daemon after the grading."""

import os
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
