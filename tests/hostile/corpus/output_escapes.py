"""Prints terminal escapes, HTML and spreadsheet formulas, and raises them too."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    text = "\x1b]0;pwned\x07\x1b[2J\x9b31m<script>alert(1)</script>=cmd|' /C calc'!A0\r\n,,\u202e\ud800"
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    raise ValueError(text)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
