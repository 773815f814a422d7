"""Makes its pipes as large as the kernel allows."""

import fcntl
import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    read_fd, write_fd = os.pipe()
    fcntl.fcntl(write_fd, 1031, 1 << 20)  # F_SETPIPE_SZ


class Adam(Honest):
    def step(self):
        attack()
        super().step()
