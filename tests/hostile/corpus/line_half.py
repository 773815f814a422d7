"""Sends half of a message and then nothing."""

import os
import struct
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    os.write(3, struct.pack("<4sIIQ", b"AGW1", 4, 1000, 0) + b"{")
    time.sleep(3600)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
