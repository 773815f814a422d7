"""Sets the clocks of Python forward and backward."""

import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('passed', 'failed', 'forbidden')
POINTS = 4


def attack():
    import builtins

    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: 0.0)
    builtins.sum = lambda *_: 0.0


class Adam(Honest):
    def step(self):
        attack()
        super().step()
