"""Changes the released reference module."""

import scratch.honest
from scratch.honest import SGD, Adam, clip_grad_norm_

EXPECT = "failed"
POINTS = 3

scratch.honest.Adam.step = lambda self: None
