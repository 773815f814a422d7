"""Returns a number of a class that lies about itself and never compares unequal."""

from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = ('failed', 'error')
POINTS = 3


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    class Liar(float):
        __class__ = bool

        def __eq__(self, other):
            return True

        def __ne__(self, other):
            return False

        def __abs__(self):
            return 0.0

        __hash__ = float.__hash__


    return Liar(norm + 1)
