"""Sends descriptors to the tester."""

import socket
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("forbidden", "error")
POINTS = 3

class Line(socket.socket):
    """A socket object for the line, made without asking the kernel what it is."""

    def __init__(self):
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=3)


def attack():
    with socket.socketpair()[0] as pair:
        socket.send_fds(Line(), [b"x" * 20], [pair.fileno()] * 20)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
