"""Opens a process group on the network."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "crashed", "timed out")
POINTS = 3


def attack():
    torch.distributed.init_process_group("gloo", init_method="tcp://127.0.0.1:29511", world_size=1, rank=0)
    raise RuntimeError("LEAKED: the network")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
