"""Which part of two arrays becomes a picture, and that it stays small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.picture import Picture
from autograder.testing.assertions import CheckFailed, assert_close
from autograder.testing.picturing import picture_of


def picture(actual: np.ndarray, expected: np.ndarray) -> Picture | None:
    """The picture of a check that fails."""
    with pytest.raises(CheckFailed) as caught:
        assert_close(actual, expected, rtol=1e-6, label="grad")
    assert caught.value.finding.picture is None
    assert caught.value.compared is not None
    return picture_of(caught.value.compared)


def test_a_small_array_is_shown_whole():
    """Rows and columns as they are, with x where they differ."""
    want = np.arange(6.0).reshape(2, 3)
    got = want.copy()
    got[1, 2] = np.nan
    expected = Picture("grad[:, :]", ((0, 1, 2), (3, 4, 5)), ((0, 1, 2), (3, 4, None)), ("...", "..x"))

    assert expected == picture(got, want)


def test_of_four_axes_the_plane_of_the_largest_error_is_shown():
    """Axes of size one are left out; the others have an index."""
    want = np.zeros((2, 3, 1, 100, 100))
    got = want.copy()
    got[1, 2, 0, 99, 50] = 5.0
    got[0, 0, 0, 0, 0] = 1.0
    found = picture(got, want)

    assert found is not None
    assert "grad[1, 2, 0, 36:100, 18:82]" == found.place
    assert (64, 64) == (len(found.wrong), len(found.wrong[0]))
    assert "x" == found.wrong[63][32]


def test_a_long_sequence_is_thinned():
    """Every fourth of a thousand values."""
    want = np.arange(1.0, 1001.0)
    found = picture(2 * want, want)

    assert found is not None
    assert ("grad[::4]", 250, True) == (found.place, len(found.got[0]), found.is_sequence)


@pytest.mark.parametrize("want", [np.ones(3), np.ones(()), np.ones((2, 2), dtype=complex)])
def test_few_and_complex_values_have_no_picture(want: np.ndarray):
    """They are read faster as numbers."""
    assert picture(want + 1, want) is None


@settings(max_examples=80, deadline=None)
@given(
    want=hnp.arrays(
        st.sampled_from([np.float64, np.int64, np.bool_, np.float32]),
        hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=80).filter(lambda it: np.prod(it) < 50_000),
    ),
    data=st.data(),
)
def test_whatever_differs_the_picture_is_bounded(want: np.ndarray, data: st.DataObject):
    """No array makes it fail, and what it makes is valid: :class:`Picture` checks itself."""
    got = want.copy()
    if got.size:
        places = data.draw(st.lists(st.integers(0, got.size - 1), min_size=1, max_size=5))
        for place in places:
            got.reshape(-1)[place] = data.draw(hnp.from_dtype(want.dtype))
    try:
        assert_close(got, want, rtol=1e-6, label="grad")
    except CheckFailed as error:
        if error.compared is not None:
            found = picture_of(error.compared)
            assert found is None or any("x" in row for row in found.wrong) or found.is_sequence


@pytest.mark.parametrize(
    "fields",
    [
        {"expected": ((1.0,) * 65,) * 2, "got": ((1.0,) * 65,) * 2, "wrong": ("." * 65,) * 2},
        {"expected": ((1.0,),) * 65, "got": ((1.0,),) * 65, "wrong": (".",) * 65},
        {"expected": ((1.0,) * 257,), "got": ((1.0,) * 257,), "wrong": ("." * 257,)},
        {"expected": ((1.0, 2.0),), "got": ((1.0,),), "wrong": ("..",)},
        {"expected": ((float("inf"),),), "got": ((1.0,),), "wrong": (".",)},
        {"expected": ((1.0,),), "got": ((1.0,),), "wrong": ("<",)},
        {"expected": (), "got": (), "wrong": ()},
        {"expected": ((1.0,),), "got": ((1.0,),), "wrong": (".",), "place": "p" * 201},
    ],
)
def test_what_no_check_makes_is_refused(fields: dict[str, object]):
    """Too many values, other shapes, no finite numbers: also when read from a record."""
    with pytest.raises(ValueError, match="picture"):
        Picture(**{"place": "grad[:]", **fields})  # type: ignore[arg-type]  # wrong on purpose
