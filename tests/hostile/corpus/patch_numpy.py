"""Makes numpy compute wrongly, for itself and, it hopes, for all who come after."""

import numpy as np
from scratch.honest import SGD, Adam, clip_grad_norm_  # noqa: F401 - the honest part

EXPECT = "failed"
POINTS = 0

np.sqrt = lambda x: x
np.stack = lambda arrays: np.array(arrays) * 0.0
