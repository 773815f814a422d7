"""Compiles an extension in C++."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "timed out")
POINTS = 3


def attack():
    from torch.utils.cpp_extension import load_inline

    load_inline("canary", ["int leak() { return 7; }"], functions=["leak"])
    raise RuntimeError("LEAKED: a compiler ran")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
