"""Gives the answer to one call as that to another."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "failed"
POINTS = 1

worker = sys.modules["_child.worker"]
answer = worker._answer
kept = []


def exchanged(calls, paths):
    told = answer(calls, paths)
    kept.extend(told["results"])
    count = len(told["results"])
    return {"results": (kept[1:] + kept)[:count] if count > 1 else kept[:1], "seconds": told["seconds"]}


worker._answer = exchanged
