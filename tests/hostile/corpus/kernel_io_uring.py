"""Sets up io_uring."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    raw.call("io_uring_setup", 1, b"\0" * 120)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
