"""A student's result beside the expected one: a curve, an image or a histogram by its shape, or a table of numbers."""

from __future__ import annotations

import importlib
import io
import math
from collections.abc import Sequence
from typing import Any

from autograder.commandline import counted
from autograder.picture import Picture
from autograder.testing.recording import Comparison

LEAST_DRAWN = 4  # fewer values are read faster as numbers
MOST_ROWS = 12  # of a table
MOST_DRAWN = 6  # comparisons in one figure
LARGEST = 1e300
EXPECTED, YOURS, WRONG = "0.55", "tab:blue", "tab:red"


def is_drawn(comparison: Comparison) -> bool:
    """Whether a figure shows it better than a table."""
    return comparison.picture is not None and math.prod(comparison.shape) >= LEAST_DRAWN


def heading(comparison: Comparison) -> str:
    """Its name, its shape, and how many values differ."""
    size = math.prod(comparison.shape)
    shape = f", shape {comparison.shape}" if comparison.shape else ""
    agree = "agrees with the expected one" if size == 1 else "all values agree"
    differ = f"{comparison.wrong} of {counted(size, 'value')} {'differs' if comparison.wrong == 1 else 'differ'}"
    return f"{comparison.label}{shape}: {differ if comparison.wrong else agree}"


def table_lines(comparison: Comparison) -> list[str]:
    """Expected and received values in rows, those that differ first where there are too many."""
    picture = comparison.picture
    if picture is None:
        return ["  its values cannot be shown here"]
    cells = [
        (want, got, mark == "x", (row, column))
        for row, rows in enumerate(zip(picture.expected, picture.got, picture.wrong, strict=True))
        for column, (want, got, mark) in enumerate(zip(*rows, strict=True))
    ]
    if len(cells) > MOST_ROWS:
        cells = sorted(sorted(cells, key=lambda cell: not cell[2])[:MOST_ROWS], key=lambda cell: cell[3])
    lines = [f"  of {picture.place}:", f"  {'':>9}  {'expected':>12}  {'yours':>12}"]
    for want, got, is_wrong, (row, column) in cells:
        place = f"[{column}]" if picture.is_sequence else f"[{row}, {column}]"
        lines.append(f"  {place:>9}  {_number(want):>12}  {_number(got):>12}{'  differs' if is_wrong else ''}")
    left = len(picture.expected) * len(picture.expected[0]) - len(cells)
    return [*lines, f"  … and {counted(left, 'more value')}"] if left else lines


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.6g}"


def figure_png(comparisons: Sequence[Comparison]) -> bytes:
    """A figure with a row of plots for each comparison, as PNG.

    Args:
        comparisons: those of which :func:`is_drawn` is true; at most ``MOST_DRAWN``.

    Raises:
        ImportError: matplotlib is not installed.
    """
    # by name: what grades has no matplotlib; and without pyplot, whose state is the notebook's
    figure = importlib.import_module("matplotlib.figure").Figure(
        figsize=(10, 2.9 * len(comparisons)), dpi=80, layout="constrained"
    )
    parts = figure.subfigures(len(comparisons), 1, squeeze=False)[:, 0]
    for part, comparison in zip(parts, comparisons, strict=True):
        part.suptitle(heading(comparison), fontsize=10)
        _draw(part, comparison)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def _draw(part: Any, comparison: Comparison) -> None:
    picture = comparison.picture
    assert picture is not None  # is_drawn
    if picture.is_sequence:
        _curve(part.subplots(), picture)
        return
    axes = part.subplots(1, 3)
    _images(part, axes[: 2 if comparison.edges else 3], picture)
    if comparison.edges:
        _histogram(axes[2], comparison)


def _curve(axes: Any, picture: Picture) -> None:
    want, got = (_plain(rows[0]) for rows in (picture.expected, picture.got))
    few = len(want) <= 64
    axes.plot(want, color=EXPECTED, linewidth=5, alpha=0.6, marker="o" if few else "", markersize=7, label="expected")
    axes.plot(got, color=YOURS, linewidth=1.5, marker="." if few else "", label="yours")
    wrong = [index for index, mark in enumerate(picture.wrong[0]) if mark == "x"]
    if wrong:
        heights = [want[index] if math.isnan(got[index]) else got[index] for index in wrong]
        axes.plot(wrong, heights, "x", color=WRONG, markersize=8, label="differs")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(f"index in {picture.place}", fontsize=9)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _images(part: Any, axes: Sequence[Any], picture: Picture) -> None:
    want, got = ([_plain(row) for row in rows] for rows in (picture.expected, picture.got))
    finite = [value for row in (*want, *got) for value in row if math.isfinite(value)]
    scale = {"vmin": min(finite, default=0.0), "vmax": max(finite, default=1.0), "cmap": "viridis"}
    form = "auto" if max(len(want), len(want[0])) > 4 * min(len(want), len(want[0])) else "equal"
    for one, title, values in zip(axes, ("expected", "yours"), (want, got), strict=False):
        image = one.imshow(values, aspect=form, interpolation="nearest", **scale)
        one.set_title(f"{title}, {picture.place}", fontsize=8)
    part.colorbar(image, ax=list(axes[:2]), fraction=0.05)
    marks = [(x, y) for y, row in enumerate(picture.wrong) for x, mark in enumerate(row) if mark == "x"]
    if marks and len(marks) <= 200:
        axes[1].plot(*zip(*marks, strict=True), "x", color=WRONG, markersize=4)
    if len(axes) == 3:
        error = [[abs(a - b) for a, b in zip(*rows, strict=True)] for rows in zip(want, got, strict=True)]
        difference = axes[2].imshow(error, aspect=form, interpolation="nearest", cmap="Reds", vmin=0.0)
        axes[2].set_title("absolute difference", fontsize=8)
        part.colorbar(difference, ax=axes[2], fraction=0.05)


def _histogram(axes: Any, comparison: Comparison) -> None:
    axes.stairs(comparison.expected_counts, comparison.edges, color=EXPECTED, fill=True, alpha=0.5, label="expected")
    axes.stairs(comparison.got_counts, comparison.edges, color=YOURS, linewidth=1.5, label="yours")
    axes.set_title("all values", fontsize=8)
    axes.legend(fontsize=8)


def _plain(row: Sequence[float | None]) -> list[float]:
    """The values with gaps where one is not finite, or so large that the arithmetic of plots overflows."""
    return [math.nan if value is None or abs(value) > LARGEST else value for value in row]
