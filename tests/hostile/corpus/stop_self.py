"""Stops itself."""

import os
import signal
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(3600)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
