"""Returns a dict with a million names."""

from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = ('error', 'forbidden', 'timed out', 'failed')
POINTS = 3


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    return {str(number): 0 for number in range(1_000_000)}
