"""MODULE: what a student writes in STAGE."""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice x, of the same shape."""
    # BEGIN SOLUTION
    return 2 * x
    # STUB: raise NotImplementedError("double")
    # END SOLUTION
