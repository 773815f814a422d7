"""torch.compile, which starts a compiler."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "timed out", "crashed")
POINTS = 3


def attack():
    compiled = torch.compile(lambda x: torch.sin(x) * 2 + x)
    compiled(torch.ones(8))
    raise RuntimeError("LEAKED: a compiler ran")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
