"""Tolerances by dtype: right code in another order is within them, the next mistake is not."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.testing import CheckFailed, assert_close, tolerance


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_sums_in_another_order_are_close(dtype: str) -> None:
    """Twenty layers of products, summed in another order and rounded to the dtype after each layer."""
    rng = np.random.default_rng(1)
    one = other = rng.standard_normal((5, 64)).astype(dtype)
    layers = [rng.standard_normal((64, 64)).astype(dtype) / np.sqrt(64).astype(dtype) for _ in range(20)]
    order = rng.permutation(64)
    for layer in layers[:2] if dtype == "float16" else layers:
        wide = np.float32 if dtype == "float16" else layer.dtype
        one = (one.astype(wide) @ layer.astype(wide)).astype(dtype)
        other = (other.astype(wide)[:, order] @ layer.astype(wide)[order]).astype(dtype)

    assert_close(one.astype(float), other.astype(float), **tolerance(dtype))
    with pytest.raises(CheckFailed):
        assert_close(1.05 * one.astype(float), other.astype(float), **tolerance(dtype))


def test_names_of_torch_and_dtypes_without_rounding() -> None:
    """Torch's names are the same; whole numbers are compared exactly."""
    assert {"rtol": 2.0**-5, "atol": 2.0**-4} == tolerance("torch.bfloat16", scale=2.0)
    with pytest.raises(ValueError, match=r"no tolerance for torch\.int64"):
        tolerance("torch.int64")
