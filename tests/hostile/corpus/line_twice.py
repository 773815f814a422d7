"""Sends each reply twice."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = ("forbidden", "failed")
POINTS = 4

worker = sys.modules["_child.worker"]
finish = worker._finish


def twice(*arguments):
    finish(*arguments)
    finish(*arguments)


worker._finish = twice
