"""Gives its exception a name made of HTML and a formula."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    raise type("=1+1<script>", (Exception,), {})("<b>")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
