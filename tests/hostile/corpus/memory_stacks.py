"""Starts threads with huge stacks."""

import threading
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "out of memory")
POINTS = 3

def attack():
    threading.stack_size(1 << 30)
    for _ in range(8):
        threading.Thread(target=threading.Event().wait, daemon=True).start()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
