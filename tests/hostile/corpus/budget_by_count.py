"""Is right for the first calls and does nothing afterwards."""

CALLS = []
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    CALLS.append(1)
    if len(CALLS) > 3:
        raise StopAsyncIteration


class Adam(Honest):
    def step(self):
        attack()
        super().step()
