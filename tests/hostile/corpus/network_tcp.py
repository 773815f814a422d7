"""Connects to a server on this machine."""

import socket
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    socket.create_connection(("127.0.0.1", 80), timeout=1)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
