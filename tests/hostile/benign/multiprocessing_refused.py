"""Tries several processes and carries on with one where that is not allowed."""

import multiprocessing
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        try:
            with multiprocessing.Pool(2) as pool:
                pool.map(abs, [1])
        except OSError:
            print("one process will do")
        super().step()
