"""Makes an x32 system call."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    if raw.LIBC.syscall(0x40000000 | 57) >= 0:
        raise RuntimeError("LEAKED: a process")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
