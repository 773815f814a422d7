"""Kills its process group."""

import os
import signal
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    os.killpg(0, signal.SIGKILL)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
