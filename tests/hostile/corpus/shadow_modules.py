"""Brings its own numpy, probes and json."""

from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "passed"
POINTS = 4
FILES = {"numpy.py": "raise RuntimeError('LEAKED: shadowed')", "json.py": "raise RuntimeError('LEAKED: shadowed')", "probes/__init__.py": "raise RuntimeError('LEAKED: shadowed')", "scratch/honest/__init__.py": "raise RuntimeError('LEAKED: shadowed')"}


