"""Returns a text of HTML and control characters instead of a number."""

from scratch.honest import SGD  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest
from scratch.honest import clip_grad_norm_ as honest_clip  # noqa: F401 - the honest part

EXPECT = "failed"
POINTS = 3

class Adam(Honest):
    pass


def clip_grad_norm_(parameters, max_norm):
    honest_clip(parameters, max_norm)
    return "<script>\x1b[2J\ud800=1+1" * 1000
