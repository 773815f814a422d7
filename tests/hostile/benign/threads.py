"""Works in a pool of threads."""

from concurrent.futures import ThreadPoolExecutor
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(abs, range(-10, 10))) == 100
        super().step()
