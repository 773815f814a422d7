"""torch.save outside its folder, again and again."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


def attack():
    for folder in ("/usr", "/etc", "/home", "/", "/dev/shm", "/proc/self"):
        try:
            torch.save(torch.ones(3), folder + "/autograder-canary.pt")
        except (OSError, RuntimeError):
            continue
        if folder != "/dev/shm":
            raise RuntimeError("LEAKED: it was written")
    raise RuntimeError("contained")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
