"""Tries every rare system call; one that is not refused is a leak."""

import errno
from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    for name in sorted(set(raw.NUMBERS) - {"clone", "fork", "vfork"}):
        try:
            raw.call(name)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOSYS):
                continue
        raise RuntimeError("LEAKED: " + name)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
