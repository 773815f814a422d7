"""Maps files of the system as tensors."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


def attack():
    for path in ("/etc/shadow", "/etc/passwd", "/proc/1/mem", "/root/.bashrc"):
        try:
            data = torch.from_file(path, shared=False, size=4, dtype=torch.uint8)
        except RuntimeError:
            continue
        raise RuntimeError("LEAKED: " + bytes(data.tolist()).decode("latin-1"))
    raise RuntimeError("contained")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
