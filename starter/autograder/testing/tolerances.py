"""Tolerances by dtype, for results of networks: ``assert_close(actual, expected, **tolerance("float32"))``.

A number is rounded to half a unit of its last place: eps / 2. Sums of n products in another order differ by about
sqrt(n) * eps of the largest term; through the twenty layers and few thousand products of a test's network this stays
below a thousand eps, with gradients and a few steps of training too. Float64 has ten times more room, since nothing
wrong is as near as 1e-11. The half precisions have 11 and 8 bits: their products are summed in float32, so a result
differs by a few roundings, not by a thousand.
"""

from __future__ import annotations

# eps, and how many of them right code may differ by
_ROUNDINGS = {
    "float64": (2.0**-52, 10_000),  # 2.2e-12
    "float32": (2.0**-23, 1_000),  # 1.2e-4
    "float16": (2.0**-10, 8),  # 7.8e-3
    "bfloat16": (2.0**-7, 4),  # 3.1e-2
}


def tolerance(dtype: str, scale: float = 1.0) -> dict[str, float]:
    """The arguments ``rtol`` and ``atol`` of :func:`assert_close` for results computed in this dtype.

    Args:
        dtype: as numpy or torch write it: ``float32``, ``torch.bfloat16``.
        scale: a usual size of the values; a sum that is near 0 by cancellation is compared with this.

    Raises:
        ValueError: the dtype has no rounding: compare whole numbers and truth values exactly.
    """
    name = dtype.removeprefix("torch.")
    if name not in _ROUNDINGS:
        raise ValueError(f"there is no tolerance for {dtype}: only for {', '.join(_ROUNDINGS)}")
    eps, roundings = _ROUNDINGS[name]
    return {"rtol": eps * roundings, "atol": eps * roundings * scale}
