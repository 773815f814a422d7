"""Loads the shared libraries of torch by their path."""

import ctypes
import pathlib
import numpy
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    site = pathlib.Path(numpy.__file__).parent.parent
    ctypes.CDLL(str(site / "torch" / "lib" / "libtorch_cpu.so"))
    raise RuntimeError("LEAKED: torch")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
