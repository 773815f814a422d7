"""Imports the grader and its hidden tests."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    import autograder.testing

    raise RuntimeError("LEAKED " + autograder.testing.__file__)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
