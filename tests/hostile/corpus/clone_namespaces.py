"""Makes a thread in new namespaces."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    raw.call("clone", 0x10000 | 0x20000000 | 0x800 | 0x100)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
