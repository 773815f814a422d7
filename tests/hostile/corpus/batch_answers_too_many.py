"""Answers more calls than there were."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "forbidden"
POINTS = 0

worker = sys.modules["_child.worker"]
answer = worker._answer


def more(calls, paths):
    told = answer(calls, paths)
    return {"results": told["results"] * 3, "seconds": told["seconds"] * 3}


worker._answer = more
