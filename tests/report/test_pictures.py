"""Where two arrays differ, drawn."""

from __future__ import annotations

import re

from hypothesis import given, settings

from autograder.picture import Picture
from autograder.report.pictures import drawing
from tests.report.reading import read
from tests.report.strategies import pictures


def test_a_heat_map_has_a_square_for_each_value():
    """Right ones apart from wrong ones, and those by the size of their error."""
    drawn = drawing(Picture("a[:, :]", ((0, 0), (0, 0)), ((0, 1), (4, None)), (".x", "xx")))
    squares = {level: path.count("M") for level, path in re.findall(r'class="(e\d)" d="([^"]+)"', drawn.svg)}

    assert {"e0": 1, "e2": 1, "e4": 2} == squares
    assert "3 of 4 values shown differ; the largest error is 4" == drawn.words


def test_a_curve_has_two_lines_with_gaps():
    """What is not finite is left out."""
    drawn = drawing(Picture("a[:]", ((0, 1, 2),), ((0, None, 2),), (".x.",)))
    want, got = re.findall(r'd="([^"]+)"', drawn.svg)

    assert (2, 2) == (want.count("L"), got.count("M"))
    assert "1 of 3 values shown differ; the values are from 0 to 2" == drawn.words


@settings(max_examples=40, deadline=None)
@given(picture=pictures())
def test_any_numbers_can_be_drawn(picture: Picture):
    """The largest and smallest too; no coordinate is infinite or NaN, and a page stays small."""
    svg = drawing(picture).svg

    assert {"svg", "path"} >= read(svg).tags
    assert re.search(r"nan|inf", svg.replace("finite", "")) is None
    assert len(svg) < 100_000
