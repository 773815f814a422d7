"""Plants links under the names that other parts of the kit use for files of theirs."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'passed'
POINTS = 4


def attack():
    for name in ("gradebook.db", "class.html", "worksheet.csv", "probes.py", "scratch", "numpy", "sitecustomize.py", "conftest.py"):
        if not os.path.lexists(name):
            os.symlink("/usr", name)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
