"""Loads a library of its own as custom operators."""

import pathlib

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "crashed")
POINTS = 3


def attack():
    pathlib.Path("evil.so").write_bytes(b"\x7fELF" + bytes(4096))
    torch.ops.load_library("evil.so")
    raise RuntimeError("LEAKED: it was loaded")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
