"""Returns a mapping whose items never end."""

import itertools
from collections.abc import Mapping
from scratch.honest import SGD  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest
from scratch.honest import clip_grad_norm_ as honest_clip  # noqa: F401 - the honest part

EXPECT = ("timed out", "out of memory")
POINTS = 3

class Endless(Mapping):
    def __getitem__(self, key):
        return 1

    def __len__(self):
        return 1

    def __iter__(self):
        return iter([])

    def items(self):
        return ((str(number), number) for number in itertools.count())


class Adam(Honest):
    pass


def clip_grad_norm_(parameters, max_norm):
    honest_clip(parameters, max_norm)
    return Endless()
