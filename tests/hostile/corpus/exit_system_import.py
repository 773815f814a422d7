"""Raises SystemExit when imported."""

from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "crashed"
POINTS = 0

raise SystemExit("all tests passed")
