"""Data made by a formula: the same for the same seed, and with the properties that they are made for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import adding, copying, reversing, shapes, spirals
from datasets.synthetic import END, PAD, START

GENERATORS = [spirals, adding, copying, reversing, shapes]


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_seed_decides(generator):
    """One seed gives the same data, another gives others."""
    one, same, other = generator(20, seed=3), generator(20, seed=3), generator(20, seed=4)

    np.testing.assert_array_equal(one.x, same.x)
    np.testing.assert_array_equal(one.y, same.y)
    assert (one.x != other.x).any()


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_global_generator_is_left_alone(generator):
    """Nobody else's random numbers change."""
    before = np.random.get_state()[1].tolist()  # noqa: NPY002  # the global generator is what this is about
    generator(5, seed=1)

    assert before == np.random.get_state()[1].tolist()  # noqa: NPY002  # as above


def test_spirals_are_balanced_and_apart():
    """Each arm has its share of the points, and without noise a point's angle and radius tell its arm."""
    data = spirals(301, classes=3, turns=0.75, noise=0.0, seed=0)

    assert [101, 100, 100] == np.bincount(data.y).tolist()
    angle = np.arctan2(data.x[:, 1], data.x[:, 0]) / (2 * np.pi) - 0.75 * np.hypot(*data.x.T)
    np.testing.assert_array_equal(data.y, np.round(3 * angle).astype(int) % 3)


@given(st.integers(2, 30), st.integers(0, 99))
def test_adding_marks_two_numbers_and_adds_them(length, seed):
    """Two places are marked, one in each half, and y is the sum of their numbers."""
    data = adding(6, length=length, seed=seed)

    np.testing.assert_array_equal(np.ones(6), data.x[:, : length // 2, 1].sum(axis=1))
    np.testing.assert_array_equal(np.ones(6), data.x[:, length // 2 :, 1].sum(axis=1))
    np.testing.assert_allclose(data.y, (data.x[:, :, 0] * data.x[:, :, 1]).sum(axis=1), rtol=1e-12)  # a sum of two


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 99))
def test_copying_says_the_symbols_after_the_marker(symbols, delay, seed):
    """The last places of y are the first of x, one marker is just before them, the rest is blank."""
    data = copying(4, symbols=symbols, delay=delay, alphabet=5, seed=seed)

    np.testing.assert_array_equal(data.x[:, :symbols], data.y[:, -symbols:])
    np.testing.assert_array_equal(np.full(4, 6), data.x[:, -symbols - 1])
    assert not data.y[:, :-symbols].any()
    assert 1 == (data.x[0] == 6).sum()
    assert data.x[:, :symbols].min() >= 1


@given(st.integers(1, 5), st.integers(0, 5), st.integers(0, 99))
def test_reversing_reverses(shortest, more, seed):
    """Between its marks y holds the symbols of x in reverse, and both are padded at the end."""
    data = reversing(8, shortest=shortest, longest=shortest + more, alphabet=4, seed=seed)
    for x, y in zip(data.x.tolist(), data.y.tolist(), strict=True):
        symbols = x[: x.index(END)]

        assert shortest <= len(symbols) <= shortest + more
        assert [START, *symbols[::-1], END] + [PAD] * (len(y) - len(symbols) - 2) == y
        assert [*symbols, END] + [PAD] * (len(x) - len(symbols) - 1) == x
        assert all(3 <= symbol <= 6 for symbol in symbols)


def test_impossible_sequences_are_refused():
    """Lengths that leave no room are ValueErrors."""
    for call in (lambda: adding(1, length=1), lambda: copying(1, delay=0), lambda: reversing(1, shortest=0)):
        with pytest.raises(ValueError, match=r"length|delay"):
            call()
    with pytest.raises(ValueError, match="nuisance"):
        shapes(1, nuisance=1.5)


def test_shapes_have_their_form():
    """Pictures are float32 from 0 to 1, classes are balanced, and each factor has a value for each picture."""
    data = shapes(120, seed=2)

    assert (120, 3, 32, 32) == data.x.shape
    assert np.float32 == data.x.dtype
    assert 0 <= data.x.min() < data.x.max() <= 1
    assert [20] * 6 == np.bincount(data.y).tolist()
    assert {120} == {len(values) for values in data.factors.values()}


def test_shapes_without_nuisance_are_alike():
    """Without nuisance all pictures of a class are the same, and those of two classes are not."""
    data = shapes(24, nuisance=0.0, seed=5)
    of_class = [data.x[data.y == label] for label in range(6)]

    assert all((pictures == pictures[0]).all() for pictures in of_class)
    assert 6 == len({pictures[0].tobytes() for pictures in of_class})


@settings(max_examples=20)
@given(st.integers(0, 999), st.sampled_from([16, 32, 48]))
def test_shapes_stay_in_the_picture(seed, size):
    """The border of the picture shows the background (with its light and noise), whatever the factors."""
    data = shapes(12, size=size, seed=seed)
    ground = data.factors["background"][:, :, None]
    # light adds 0.3 at most, noise 0.06 * 4.5; a shape differs by less in places, but its mean over a border does not
    for border in (data.x[:, :, 0], data.x[:, :, -1], data.x[:, :, :, 0], data.x[:, :, :, -1]):
        assert np.abs(border - ground).mean(axis=(1, 2)).max() < 0.31


def test_shapes_do_not_depend_on_how_many_are_drawn_at_once(monkeypatch):
    """Pictures are drawn in chunks, and the size of a chunk changes nothing but memory."""
    whole = shapes(40, nuisance=0.5, seed=1)
    monkeypatch.setattr("datasets.pictures.CHUNK", 7)

    np.testing.assert_allclose(shapes(40, nuisance=0.5, seed=1).x, whole.x, atol=1e-6)  # float32
