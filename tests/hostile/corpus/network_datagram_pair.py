"""Sends a datagram to the system log from a socket that came out of a pair."""

import socket
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    with socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0] as sender:
        for path in ("/dev/log", "/run/systemd/notify", "/run/systemd/journal/socket"):
            sender.sendto(b"LEAKED", path)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
