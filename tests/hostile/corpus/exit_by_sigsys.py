"""Ends itself by a signal that means a forbidden system call."""

import os
import signal
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('crashed', 'timed out', 'forbidden', 'passed')
POINTS = 4


def attack():
    os.kill(os.getpid(), signal.SIGSYS)  # the first process of its namespace does not feel it


class Adam(Honest):
    def step(self):
        attack()
        super().step()
