"""Sends a reply one byte at a time."""

import os
import sys
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    wire = sys.modules["_child.wire"]
    for byte in b"".join(wire.encode(wire.OUTPUTS, 1, {"path": 1.0})) * 100:
        os.write(3, bytes([byte]))
        time.sleep(0.05)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
