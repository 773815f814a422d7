"""Says that a call failed in a file of the kit, at a line that is none, by an exception whose name is markup."""

import sys
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "error"
POINTS = 0

worker = sys.modules["_child.worker"]


def forged(calls, paths):
    fault = {"class": ["exception"], "type": "<b>", "text": 7, "path": "/etc/passwd", "line": -1, "outcome": "passed"}
    return {"results": [{"fault": fault}] * len(calls), "seconds": [0.0] * len(calls)}


worker._answer = forged
