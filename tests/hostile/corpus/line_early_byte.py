"""Sends the first byte of its reply before it computes, so that the tester no longer waits for one."""

import os
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3
PATIENT = True

def attack():
    os.write(3, b"A")
    end = time.process_time() + 5
    while time.process_time() < end:
        pass


class Adam(Honest):
    def step(self):
        attack()
        super().step()
