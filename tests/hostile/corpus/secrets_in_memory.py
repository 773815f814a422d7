"""Searches every object of its own process, and the memory behind them, for secrets."""

import gc
import re
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def find(data):
    return re.findall(rb"SECRET-[0-9a-f]{16}", data)


def attack():
    found = []
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            for value in list(thing.values()):
                if isinstance(value, bytes | str):
                    data = value if isinstance(value, bytes) else value.encode("utf-8", "replace")
                    found += find(data)
    print(found)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
