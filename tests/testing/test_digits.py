"""How numbers of a student's result are written."""

from __future__ import annotations

import pytest

from autograder.testing.digits import two_digits


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.04, "1"),
        (3.46, "3.5"),
        (142.3, "140"),
        (51234.0, "51000"),
        (3.14e-7, "3.1e-07"),
        (2e7, "more than 1e+06"),
        (1e-30, "less than 1e-16"),
    ],
)
def test_two_digits(value: float, text: str) -> None:
    """Two digits; large numbers are written out, since 1.4e+02 times is hard to read."""
    assert text == two_digits(value)
