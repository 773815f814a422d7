"""Changes the modes and times of files that are not its own."""

import os
import sys
import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    for path in ("/usr", "/tmp", "/home", np.__file__, sys.executable):
        for change in (lambda path: os.chmod(path, 0o777), lambda path: os.utime(path, (0, 0))):
            try:
                change(path)
            except OSError:
                continue
            if os.path.realpath(path) != os.path.realpath(os.environ["HOME"]):
                raise RuntimeError("LEAKED: changed " + path)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
