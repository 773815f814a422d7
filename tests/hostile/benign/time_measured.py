"""Measures its own time and sleeps a moment."""

import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        start = time.perf_counter()
        time.sleep(0.001)
        assert time.perf_counter() > start
        super().step()
