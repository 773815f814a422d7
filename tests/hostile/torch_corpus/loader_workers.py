"""A DataLoader with worker processes."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


def attack():
    data = torch.utils.data.TensorDataset(torch.ones(8, 2))
    if len(list(torch.utils.data.DataLoader(data, num_workers=2))) == 8:
        raise RuntimeError("LEAKED: workers ran")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
