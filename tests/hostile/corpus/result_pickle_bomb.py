"""Returns an object that runs code when it is unpickled."""

import os
from scratch.honest import SGD  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest
from scratch.honest import clip_grad_norm_ as honest_clip  # noqa: F401 - the honest part

EXPECT = "error"
POINTS = 3

class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/autograder-canary-pickle",)


class Adam(Honest):
    pass


def clip_grad_norm_(parameters, max_norm):
    honest_clip(parameters, max_norm)
    return Bomb()
