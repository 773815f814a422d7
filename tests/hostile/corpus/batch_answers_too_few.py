"""Keeps the last answer back."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "forbidden"
POINTS = 0

worker = sys.modules["_child.worker"]
answer = worker._answer


def fewer(calls, paths):
    told = answer(calls, paths)
    return {"results": told["results"][:-1], "seconds": told["seconds"][:-1]}


worker._answer = fewer
