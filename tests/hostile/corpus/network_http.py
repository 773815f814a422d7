"""Fetches a page."""

import urllib.request
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    urllib.request.urlopen("http://127.0.0.1/", timeout=1)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
