"""Replaces the worker by one that says that all is well."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "failed"
POINTS = 0

worker = sys.modules["_child.worker"]
worker._call = lambda probe, inputs: {"outcome": "passed", "points": 100, "norm": 1.0, "path": 1.0}
