"""Keeps the connection busy from a thread while it answers honestly."""

import os
import threading
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'forbidden'
POINTS = 3


def attack():
    def drip():
        while True:
            try:
                os.write(3, b"A")
            except OSError:
                return
            time.sleep(0.005)


    threading.Thread(target=drip, daemon=True).start()
    time.sleep(0.05)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
