"""Sends a reply when imported, before any call was made."""

import os
import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "forbidden"
POINTS = 0

wire = sys.modules["_child.wire"]
os.write(3, b"".join(wire.encode(wire.READY, 1, None)))
os.write(3, b"".join(wire.encode(wire.OUTPUTS, 2, {"norm": 0.0})))
