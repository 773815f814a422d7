"""Starts threads until no more can be had, and keeps them."""

import threading
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "out of memory")
POINTS = 3

def attack():
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
