"""Puts a tensor into shared memory, by each strategy."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "crashed")
POINTS = 3


def attack():
    for strategy in torch.multiprocessing.get_all_sharing_strategies():
        torch.multiprocessing.set_sharing_strategy(strategy)
        try:
            torch.ones(1 << 16).share_memory_()
        except RuntimeError:
            continue
    raise RuntimeError("contained")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
