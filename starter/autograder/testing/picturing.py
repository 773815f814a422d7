"""The part of two arrays that shows best where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.picture import MOST_COLUMNS, MOST_IN_A_SEQUENCE, MOST_PLACE_CHARACTERS, MOST_ROWS, Picture, Rows

LEAST_VALUES = 4  # fewer are read faster as numbers
DIGITS = 6  # significant ones


@dataclass(frozen=True)
class Compared:
    """Two arrays of one shape that were compared, and where they differ."""

    label: str
    got: np.ndarray
    want: np.ndarray
    wrong: np.ndarray


def picture_of(compared: Compared) -> Picture | None:
    """A picture of real arrays with at least four values, or None.

    The last two axes longer than one are shown, of the others the index of the largest error; at most
    64 × 64 values around it. A sequence of more than 256 values is shown by every n-th.
    """
    return part_of(compared) if compared.got.size >= LEAST_VALUES and compared.wrong.any() else None


def part_of(compared: Compared) -> Picture | None:
    """The same of arrays of any size that may agree, too; None for complex and empty ones."""
    got, want, wrong = compared.got, compared.want, compared.wrong
    if not got.size or "c" in (got.dtype.kind, want.dtype.kind):
        return None
    part = _part(got, want, wrong)
    place = f"{compared.label}[{', '.join(map(_written, part))}]" if part else compared.label
    if len(place) > MOST_PLACE_CHARACTERS:
        return None
    rows = [np.atleast_2d(array[part]) for array in (want, got, wrong)]
    marks = tuple("".join("x" if one else "." for one in row) for row in rows[2])
    return Picture(place, _rounded(rows[0]), _rounded(rows[1]), marks)


def _part(got: np.ndarray, want: np.ndarray, wrong: np.ndarray) -> tuple[int | slice, ...]:
    """The index of what is shown."""
    with np.errstate(all="ignore"):
        gap = np.abs(got.astype(np.float64) - want.astype(np.float64))
    size = np.where(wrong, np.where(np.isfinite(gap), gap, np.inf), -1.0)
    worst = [int(i) for i in np.unravel_index(np.argmax(size), size.shape)]
    shown = [axis for axis, length in enumerate(got.shape) if length > 1][-2:]
    part: list[int | slice] = list(worst)
    if not shown:
        return tuple(part)
    if len(shown) == 1:
        step = -(-got.shape[shown[0]] // MOST_IN_A_SEQUENCE)
        part[shown[0]] = slice(None, None, step if step > 1 else None)
    else:
        for axis, most in zip(shown, (MOST_ROWS, MOST_COLUMNS), strict=True):
            part[axis] = _window(worst[axis], got.shape[axis], most)
    return tuple(part)


def _window(around: int, length: int, most: int) -> slice:
    if length <= most:
        return slice(None)
    begin = min(max(around - most // 2, 0), length - most)
    return slice(begin, begin + most)


def _written(one: int | slice) -> str:
    if isinstance(one, int):
        return str(one)
    text = f"{'' if one.start is None else one.start}:{'' if one.stop is None else one.stop}"
    return text if one.step is None else f"{text}:{one.step}"


def _rounded(values: np.ndarray) -> Rows:
    return tuple(
        tuple(float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in row)
        for row in values.astype(np.float64).tolist()
    )
