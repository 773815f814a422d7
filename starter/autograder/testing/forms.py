"""What a probe must return where no reference returns the same: for code of the student's own design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.model import Finding, FindingKind
from autograder.testing.digits import shape_text
from autograder.testing.values import count_values, kind

MOST_VALUES = 10_000  # strings and numbers in a list or a dict


@dataclass(frozen=True)
class Form:
    """The form of one result.

    Attributes:
        like: a value of the wanted kind: ``0.0`` for a number, ``""`` for a string, ``[]`` for a list, ``{}`` for a
            dict, ``np.empty(0)`` for an array of real numbers, ``np.empty(0, int)`` for one of whole numbers.
        shape: of an array; None means any size, and without a shape every one is right.
    """

    like: Any
    shape: tuple[int | None, ...] | None = None

    def finding(self, name: str, value: Any) -> Finding | None:
        """How a value differs from the form, or None."""
        if kind(value) != kind(self.like):
            return Finding(FindingKind.TYPE, f"{name}: expected {kind(self.like)}, got {kind(value)}")
        if isinstance(value, np.ndarray):
            return self._array_finding(name, value)
        if count_values(value) > MOST_VALUES:
            return Finding(FindingKind.TYPE, f"{name}: expected at most {MOST_VALUES} values, got more")
        return None

    def _array_finding(self, name: str, value: np.ndarray) -> Finding | None:
        allowed = "biu" if self.like.dtype.kind in "iu" else "biuf"
        if value.dtype.kind not in allowed:
            words = "whole numbers" if allowed == "biu" else "real numbers"
            return Finding(FindingKind.DTYPE, f"{name}: expected {words}, got dtype {value.dtype}")
        if self.shape is None:
            return None
        is_right = value.ndim == len(self.shape) and all(
            size in (None, got) for size, got in zip(self.shape, value.shape, strict=True)
        )
        if is_right:
            return None
        wanted = ", ".join("any" if size is None else str(size) for size in self.shape)
        return Finding(FindingKind.SHAPE, f"{name}: expected shape ({wanted}), got {shape_text(value.shape)}")


def form_finding(outputs: Mapping[str, Any], form: Mapping[str, Form]) -> Finding | None:
    """The first result that is missing or has another form; None where all are right."""
    for name, one in form.items():
        if name not in outputs:
            return Finding(FindingKind.MISSING, f"{name}: nothing was returned")
        finding = one.finding(name, outputs[name])
        if finding:
            return finding
    return None
