"""Gives its threads a name that reads like control characters."""

import ctypes
import threading
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'passed'
POINTS = 4


def attack():
    libc = ctypes.CDLL(None)


    def rename():
        libc.prctl(15, b'\x1b[2J\xff\x00x', 0, 0, 0)
        time.sleep(0.05)


    rename()
    thread = threading.Thread(target=rename)
    thread.start()
    thread.join()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
