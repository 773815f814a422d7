"""Registers work for the end of its process."""

import atexit
import threading
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("passed", "error")
POINTS = 4

def attack():
    atexit.register(attack)
    threading.Thread(target=time.sleep, args=(3600,)).start()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
