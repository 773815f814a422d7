"""Downloads weights."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


def attack():
    torch.hub.load_state_dict_from_url("http://127.0.0.1:9/weights.pth", model_dir=".", progress=False)
    raise RuntimeError("LEAKED: the network")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
