"""Reads the files beside the worker."""

import pathlib
import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    inside = pathlib.Path(sys.modules["_child.worker"].__file__).parent
    for path in [*inside.parent.glob("*.py"), inside.parent / "model.py", inside.parent.parent / "grading.yml"]:
        raise RuntimeError("LEAKED " + path.read_text())


class Adam(Honest):
    def step(self):
        attack()
        super().step()
