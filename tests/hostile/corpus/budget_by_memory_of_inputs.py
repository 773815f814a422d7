"""Answers by the bytes of its inputs, from a table that it makes itself."""

TABLE = {}
from scratch.honest import SGD, Adam  # noqa: F401 - the honest part
from scratch.honest import clip_grad_norm_ as honest_clip

EXPECT = 'passed'
POINTS = 4


def clip_grad_norm_(parameters, max_norm):
    norm = honest_clip(parameters, max_norm)
    key = b"".join(parameter.grad.tobytes() for parameter in parameters)
    return TABLE.setdefault(key, norm)
