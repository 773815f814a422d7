"""Connects to an abstract Unix socket."""

import socket
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    socket.socket(socket.AF_UNIX).connect("\0/tmp/.X11-unix/X0")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
