"""Reads the memory of other processes by process_vm_readv."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    for number in range(1, 300):
        try:
            raw.call("process_vm_readv", number, b"\0" * 16, 1, b"\0" * 16, 1, 0)
        except PermissionError as error:
            refusal = error
    raise refusal


class Adam(Honest):
    def step(self):
        attack()
        super().step()
