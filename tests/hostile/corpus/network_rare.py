"""Tries the rare kinds of socket."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    for family in (16, 17, 29, 38, 40, 44):
        try:
            raw.call("socket", family, 3, 0)
        except PermissionError as error:
            refusal = error
        else:
            raise RuntimeError("LEAKED: a socket")
    raise refusal


class Adam(Honest):
    def step(self):
        attack()
        super().step()
