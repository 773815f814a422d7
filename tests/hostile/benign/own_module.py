"""Brings a module of its own beside the package."""

import my_tools
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest

FILES = {"my_tools.py": "import numpy as np\n\n\ndef answer():\n    return int(np.full(3, 14).sum())\n"}


class Adam(Honest):
    def step(self):
        assert my_tools.answer() == 42
        super().step()
