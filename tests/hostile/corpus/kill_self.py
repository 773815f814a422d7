"""Kills itself."""

import os
import signal
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("crashed", "passed")
POINTS = 4

def attack():
    os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGTERM)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
