"""Maps a file of the kit for writing and changes it."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "crashed")
POINTS = 3


def attack():
    import numpy

    data = torch.from_file(numpy.__file__, shared=True, size=4, dtype=torch.uint8)
    data[:] = 0
    raise RuntimeError("LEAKED: numpy was changed")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
