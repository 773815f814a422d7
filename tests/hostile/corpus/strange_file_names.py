"""Sends files whose names are paths, formulas and markup."""

from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "passed"
POINTS = 4
FILES = {"../../tmp/autograder-canary.py": 'x = 1', "/tmp/autograder-canary.py": 'x = 1', "=cmd|' /C calc'!A0.py": 'x = 1', "<img src=x onerror=alert(1)>.py": 'x = 1', "scratch/..py": 'x = 1', "con.py": 'x = 1', "‮gnp.py": 'x = 1'}


