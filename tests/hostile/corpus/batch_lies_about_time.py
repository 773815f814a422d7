"""Says that its calls took no time, an endless time, or none that is a number."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "passed"

worker = sys.modules["_child.worker"]
answer = worker._answer
lies = [["x", None, [], {}], [-1.0], [float("inf")], [float("nan")], [1e308]]


def lying(calls, paths):
    told = answer(calls, paths)
    lie = lies.pop() if lies else []
    return {"results": told["results"], "seconds": (lie * 4)[: len(told["results"])]}


worker._answer = lying
