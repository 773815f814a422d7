"""Answers honestly and leaves a thread that burns processor time."""

import threading
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("passed", "timed out")
POINTS = 4

def burn():
    while True:
        pass


def attack():
    threading.Thread(target=burn, daemon=True).start()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
