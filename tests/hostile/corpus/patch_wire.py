"""Replaces the encoder of the wire by one that breaks its rules."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "forbidden"
POINTS = 0

wire = sys.modules["_child.wire"]
wire.frame_of = lambda kind, request_id, body: [wire.HEADER.pack(wire.MAGIC, kind, 2, 0) + b"[]"]
