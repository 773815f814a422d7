"""Sends replies of its own making before the call is answered."""

import os
import sys
import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    wire = sys.modules["_child.wire"]
    for number in range(100):
        os.write(3, b"".join(wire.encode(wire.OUTPUTS, number, {"path": np.zeros((6, 5))})))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
