"""Loops for ever when imported."""

from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "timed out"
POINTS = 0

while True:
    pass
