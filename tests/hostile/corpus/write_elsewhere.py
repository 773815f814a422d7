"""Leaves files wherever it can."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    for folder in ("/var/tmp", "/dev/shm", "/home", "/root", "/srv", "/mnt", "/usr", "/", "..", "../..", "/run"):
        try:
            open(folder + "/autograder-canary", "w").close()
        except OSError:
            continue


class Adam(Honest):
    def step(self):
        attack()
        super().step()
