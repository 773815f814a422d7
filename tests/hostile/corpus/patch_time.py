"""Stops every clock of its process, then loops."""

import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "timed out"
POINTS = 3

for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)


class Adam:
    def __init__(self, *_):
        while True:
            pass
