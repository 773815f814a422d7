"""Recurses a few hundred levels, as a graph of a deep network does."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        def depth(n):
            return 0 if n == 0 else 1 + depth(n - 1)

        assert depth(800) == 800
        super().step()
