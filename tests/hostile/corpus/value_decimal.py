"""Returns a decimal number with a thousand digits."""

from decimal import Decimal
from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = 'error'
POINTS = 3


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    return Decimal(1) / Decimal(424242)
