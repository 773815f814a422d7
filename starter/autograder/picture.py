"""Two arrays that differ, small enough to be kept with a result and drawn on a page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain

MOST_ROWS = MOST_COLUMNS = 64
MOST_IN_A_SEQUENCE = 256
MOST_PLACE_CHARACTERS = 200
Rows = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A part of an expected and a received array of a public test, in rows.

    Attributes:
        place: which part, as Python writes it: ``grad[0, :64, 3:67]``.
        expected: rows of rounded values, None for infinity and NaN; one row for a sequence.
        got: the same of the student's result.
        wrong: a character for each value: "x" where the two differ by more than is allowed, else ".".

    Raises:
        ValueError: there are too many values, the three differ in shape, or a value is no finite number.
    """

    place: str
    expected: Rows
    got: Rows
    wrong: tuple[str, ...]

    def __post_init__(self) -> None:
        sizes = [len(row) for row in self.expected]
        most = MOST_IN_A_SEQUENCE if len(sizes) == 1 else MOST_COLUMNS
        if not 1 <= len(sizes) <= MOST_ROWS or not 1 <= sizes[0] <= most or len(set(sizes)) > 1:
            raise ValueError(f"a picture has up to {MOST_ROWS} rows of up to {most} values")
        if not sizes == [len(row) for row in self.got] == [len(row) for row in self.wrong]:
            raise ValueError("the two arrays of a picture have one shape")
        if set().union(*self.wrong) - set("x."):
            raise ValueError("what is wrong in a picture is marked by x and .")
        values = chain(*self.expected, *self.got)
        if not all(value is None or math.isfinite(value) for value in values):
            raise ValueError("a picture has finite numbers only")
        if len(self.place) > MOST_PLACE_CHARACTERS:
            raise ValueError("the place of a picture is too long")

    @property
    def is_sequence(self) -> bool:
        """Whether it is one row, to be drawn as a curve."""
        return len(self.expected) == 1
