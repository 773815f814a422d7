"""What tests compare, right or wrong, kept for a student who wants to see it; nothing is kept when grading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

from autograder.picture import Picture
from autograder.testing.picturing import Compared, part_of

MOST_COMPARISONS = 12  # of one test case; the last one is always kept, since it is the one that failed
BINS = 30
LARGEST = 1e300  # beyond it the widths of bins overflow


@dataclass(frozen=True)
class Comparison:
    """A student's result beside the one that a public test expects.

    Attributes:
        label: what the test calls it.
        shape: of both arrays.
        wrong: how many values differ by more than is allowed.
        picture: the values of a part of them; None where there are none to be shown.
        edges: of a histogram of all finite values, where three or more axes are longer than 1; else ().
        expected_counts: of the values of the test, one less than there are edges.
        got_counts: of the student's.
    """

    label: str
    shape: tuple[int, ...]
    wrong: int
    picture: Picture | None
    edges: tuple[float, ...] = ()
    expected_counts: tuple[int, ...] = ()
    got_counts: tuple[int, ...] = ()

    @property
    def long_axes(self) -> int:
        """The number of axes with more than one value."""
        return sum(length > 1 for length in self.shape)


_RECORD: ContextVar[list[Comparison] | None] = ContextVar("comparisons of the test that is running", default=None)


@contextmanager
def recording() -> Iterator[list[Comparison]]:
    """Keep what is compared from here on; the list is complete at the end."""
    found: list[Comparison] = []
    token = _RECORD.set(found)
    try:
        yield found
    finally:
        _RECORD.reset(token)


def record(label: str, got: np.ndarray, want: np.ndarray, wrong: np.ndarray | None = None) -> None:
    """Keep one comparison of arrays of one shape, if they are wanted; ``wrong`` has what differs, None if nothing."""
    found = _RECORD.get()
    if found is None:
        return
    del found[MOST_COMPARISONS - 1 :]
    marks = np.zeros(got.shape, dtype=bool) if wrong is None else wrong
    picture = part_of(Compared(label, got, want, marks))
    one = Comparison(label, got.shape, int(marks.sum()), picture)
    found.append(_with_histogram(one, got, want) if picture is not None and one.long_axes > 2 else one)


def _with_histogram(one: Comparison, got: np.ndarray, want: np.ndarray) -> Comparison:
    values = [array.astype(np.float64).ravel() for array in (want, got)]
    finite = [array[np.abs(array) < LARGEST] for array in values]
    both = np.concatenate(finite)
    if not both.size:
        return one
    low, high = float(both.min()), float(both.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # all alike: bins would have no width
        half = 0.5 * max(1.0, abs(low))
        low, high = low - half, high + half
    counts = [np.histogram(array, bins=BINS, range=(low, high))[0] for array in finite]
    edges = tuple(float(edge) for edge in np.linspace(low, high, BINS + 1))
    expected, received = (tuple(int(count) for count in one_side) for one_side in counts)
    return Comparison(one.label, one.shape, one.wrong, one.picture, edges, expected, received)
