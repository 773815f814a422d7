"""Frees what it does not own."""

import ctypes
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "crashed"
POINTS = 3

def attack():
    ctypes.CDLL(None).free(ctypes.c_void_p(0x1234))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
