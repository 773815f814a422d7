"""Sends the bytes of a header one by one, and computes in between."""

import os
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('timed out', 'forbidden')
POINTS = 3


def attack():
    for letter in b"AGW1" + bytes(8):
        os.write(3, bytes([letter]))
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass


class Adam(Honest):
    def step(self):
        attack()
        super().step()
