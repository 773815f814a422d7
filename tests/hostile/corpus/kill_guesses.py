"""Kills the processes with the numbers around its own."""

import os
import signal
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    for number in range(1, 5000):
        if number != os.getpid():
            try:
                os.kill(number, signal.SIGKILL)
            except OSError:
                continue
            raise RuntimeError("LEAKED: a process could be killed")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
