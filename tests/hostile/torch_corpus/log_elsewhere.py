"""A SummaryWriter outside its folder."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


def attack():
    from torch.utils.tensorboard import SummaryWriter

    SummaryWriter("/usr/autograder-canary-log").add_scalar("x", 1.0, 1)
    raise RuntimeError("LEAKED: it was written")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
