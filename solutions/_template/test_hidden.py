"""Hidden tests of STAGE."""

import pytest

from autograder.testing import assert_close


@pytest.mark.parametrize("shape", [(3,), (2, 5)], ids=["vector", "matrix"])
def test_double(student, reference, rng, shape):
    """Twice random numbers, for several shapes."""
    x = rng.standard_normal(shape)
    # Exact in float64: multiplication by two has no rounding error.
    assert_close(student.double(x=x), reference.double(x=x), rtol=1e-15)
