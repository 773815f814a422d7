"""Takes a lock twice."""

import threading
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
