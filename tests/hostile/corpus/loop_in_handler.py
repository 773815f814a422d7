"""Loops for ever in a signal handler."""

import signal
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("timed out", "error")
POINTS = 3

def attack():
    signal.signal(signal.SIGALRM, lambda *_: attack())
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while True:
        pass


class Adam(Honest):
    def step(self):
        attack()
        super().step()
