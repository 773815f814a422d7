"""Asks for the address of a name."""

import socket
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    socket.getaddrinfo("example.org", 80)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
