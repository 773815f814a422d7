"""Tests that you can read and run: ``pytest STAGE``."""

import numpy as np

from autograder.testing import assert_close


def test_double_worked_example(student):
    """Twice (1, 2) is (2, 4)."""
    # Exact in float64.
    assert_close(student.double(x=np.array([1.0, 2.0])), {"y": np.array([2.0, 4.0])}, rtol=1e-15)
