"""Lets an alarm end it in the middle of its reply."""

import signal
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('crashed', 'timed out')
POINTS = 3


def attack():
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while True:
        pass


class Adam(Honest):
    def step(self):
        attack()
        super().step()
