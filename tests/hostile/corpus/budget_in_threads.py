"""Computes in threads while the call has been answered."""

import threading
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('passed', 'timed out', 'error')
POINTS = 4


def attack():
    def burn():
        while True:
            sum(range(1000))


    for _ in range(4):
        threading.Thread(target=burn, daemon=True).start()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
