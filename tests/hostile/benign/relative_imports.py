"""Splits its work over several files of the package."""

from . import helpers
from .helpers import double
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest

FILES = {"scratch/helpers.py": "two = 2\n\n\ndef double(x):\n    return 2 * x\n"}


class Adam(Honest):
    def step(self):
        assert double(helpers.two) == 4
        super().step()
