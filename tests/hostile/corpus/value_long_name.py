"""Returns a dict with a name of a million letters."""

from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = ('error', 'failed')
POINTS = 3


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    return {'424242' * 200_000: norm}
