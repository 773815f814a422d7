"""Takes the grader's next messages from the connection in a thread."""

import os
import threading
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('forbidden', 'timed out', 'passed', 'crashed')
POINTS = 4


def attack():
    threading.Thread(target=lambda: os.read(3, 1 << 20), daemon=True).start()
    time.sleep(0.01)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
