"""Small pictures of where two arrays differ, as SVG inside a page: no scripts, readable in light, dark and print."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from autograder.picture import Picture
from autograder.report.render import number

LEVELS = 4  # of error, each with a colour of its own
CURVE_WIDTH, CURVE_HEIGHT, MARGIN = 320, 120, 6
MOST_PIXELS, LARGEST_CELL = 320, 20
FEW_CELLS = 400  # so few are drawn with gaps between them


@dataclass(frozen=True)
class Drawing:
    """A picture and what it shows in words.

    Attributes:
        svg: made here, of numbers only.
        place: which part of which array.
        words: what is to be seen.
    """

    svg: Markup
    place: str
    words: str


def drawing(picture: Picture) -> Drawing:
    """A curve of a sequence, a heat map of rows."""
    wrong = sum(row.count("x") for row in picture.wrong)
    count = f"{wrong} of {sum(map(len, picture.wrong))} values shown differ"
    if picture.is_sequence:
        low, high = _range(picture)
        words = f"{count}; the values are from {_short(low)} to {_short(high)}"
        return Drawing(_curve(picture, low, high, words), picture.place, words)
    levels, largest = _levels(picture)
    size = f"; the largest error is {_short(largest)}" if largest else ""
    words = f"{count}{size}"
    return Drawing(_heat_map(levels, words), picture.place, words)


def _range(picture: Picture) -> tuple[float, float]:
    values = [value for row in (*picture.expected, *picture.got) for value in row if value is not None]
    return (min(values), max(values)) if values else (0.0, 0.0)


def _curve(picture: Picture, low: float, high: float, words: str) -> Markup:
    lines = (("want", picture.expected[0]), ("got", picture.got[0]))
    paths = Markup("").join(
        Markup('<path class="{}" d="{}"/>').format(name, _path(values, low, high)) for name, values in lines
    )
    return Markup(
        '<svg class="curve" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}</svg>'
    ).format(f"Expected and received values: {words}", *(CURVE_WIDTH, CURVE_HEIGHT) * 2, paths)


def _path(values: tuple[float | None, ...], low: float, high: float) -> str:
    """A line through the values; a gap where one is not finite, a dot where one is alone."""
    scale = high / 2 - low / 2  # halves, so that the largest numbers do not overflow
    pieces, is_down = [], False
    for index, value in enumerate(values):
        if value is None:
            is_down = False
            continue
        x = MARGIN + index * (CURVE_WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
        share = (value / 2 - low / 2) / scale if scale else 0.5
        y = MARGIN + (1 - share) * (CURVE_HEIGHT - 2 * MARGIN)
        pieces.append(f"{'L' if is_down else 'M'}{x:.1f} {y:.1f}{'' if is_down else 'h.1'}")
        is_down = True
    return "".join(pieces)


def _levels(picture: Picture) -> tuple[list[list[int]], float]:
    """For each value 0 where it is right, else 1 to 4 by the size of its error; and the largest finite error."""
    errors = [
        [_error(*pair) if mark == "x" else None for *pair, mark in zip(want, got, marks, strict=True)]
        for want, got, marks in zip(picture.expected, picture.got, picture.wrong, strict=True)
    ]
    largest = max((one for row in errors for one in row if one is not None and math.isfinite(one)), default=0.0)
    return [[_level(one, largest) for one in row] for row in errors], largest


def _error(want: float | None, got: float | None) -> float:
    return abs(want - got) if want is not None and got is not None else math.inf


def _level(error: float | None, largest: float) -> int:
    if error is None:
        return 0
    share = error / largest if largest and math.isfinite(error) else 1.0
    return min(int(share * LEVELS) + 1, LEVELS)


def _heat_map(levels: list[list[int]], words: str) -> Markup:
    rows, columns = len(levels), len(levels[0])
    cell = max(min(LARGEST_CELL, MOST_PIXELS // max(rows, columns)), 1)
    gap = 0.08 if rows * columns <= FEW_CELLS else 0.0
    paths = Markup("").join(
        Markup('<path class="e{}" d="{}"/>').format(level, "".join(_cells(levels, level, gap)))
        for level in range(LEVELS + 1)
        if any(level in row for row in levels)
    )
    return Markup(
        '<svg class="heat" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}</svg>'
    ).format(f"Where the values differ: {words}", cell * columns, cell * rows, columns, rows, paths)


def _cells(levels: list[list[int]], level: int, gap: float) -> Iterable[str]:
    """Squares of one colour; neighbours in a row are one piece where there are no gaps."""
    for y, row in enumerate(levels):
        x = 0
        while x < len(row):
            end = x + 1
            if row[x] == level:
                while not gap and end < len(row) and row[end] == level:
                    end += 1
                width, height = f"{end - x - gap:g}", f"{1 - gap:g}"
                yield f"M{x + gap / 2:g} {y + gap / 2:g}h{width}v{height}h-{width}z"
            x = end


def _short(value: float) -> str:
    return number(value) if value == round(value, 2) and abs(value) < 1e6 else f"{value:.3g}".replace("-", "−")
