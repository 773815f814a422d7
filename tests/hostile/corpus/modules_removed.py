"""Removes every module that it can."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = ("passed", "error", "failed", "forbidden", "crashed")
POINTS = 4

for name in list(sys.modules):
    if name.startswith(("_child", "numpy", "json", "os")):
        del sys.modules[name]
