"""Runs a shell."""

import subprocess
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    subprocess.run(["/bin/sh", "-c", "id > /tmp/autograder-canary-shell"], check=True)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
