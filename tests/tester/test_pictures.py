"""Pictures are of public tests only: no hidden value is in a result, a record or on a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from autograder.model import Finding, FindingKind, Outcome, TestResult, Visibility, Workspace
from autograder.picture import Picture
from autograder.tester.judge import judge
from autograder.testing.assertions import CheckFailed, assert_close

WORKSPACE = Workspace({}, frozenset())
PICTURE = Picture("grad[:]", ((1.0, 2.0),), ((1.0, 3.0),), (".x",))
RESULTS = TypeAdapter(tuple[TestResult, ...])


def judged(visibility: Visibility) -> Finding:
    """The finding of a check of eight values that fails."""
    with pytest.raises(CheckFailed) as caught:
        assert_close(np.zeros(8), np.full(8, 4711.0), rtol=1e-6)
    return judge(caught.value, WORKSPACE, visibility, Path("test_x.py"), lambda: False)[1]


def test_only_a_public_test_has_a_picture():
    """The same check, as a public and as a hidden test."""
    public = judged(Visibility.PUBLIC).picture

    assert public is not None
    assert ((4711.0,) * 8,) == public.expected
    assert judged(Visibility.HIDDEN).picture is None
    assert "4711" not in repr(judged(Visibility.HIDDEN).picture)


def test_a_hidden_result_refuses_a_picture():
    """Wherever it is from: a mistake of ours, or a record that somebody changed."""
    finding = Finding(FindingKind.VALUE, "off", picture=PICTURE)
    public = TestResult("test_a", "", Visibility.PUBLIC, "A.", Outcome.FAILED, (finding,))
    text = RESULTS.dump_json((public,)).decode()

    assert (public,) == RESULTS.validate_json(text)
    with pytest.raises(ValueError, match="hidden"):
        TestResult("test_a", "", Visibility.HIDDEN, "A.", Outcome.FAILED, (finding,))
    with pytest.raises(ValidationError, match="hidden"):
        RESULTS.validate_json(text.replace('"public"', '"hidden"'))


def test_a_record_from_before_pictures_is_read():
    """A finding without the field has none."""
    public = TestResult("test_a", "", Visibility.PUBLIC, "A.", Outcome.FAILED, (Finding(FindingKind.VALUE, "off"),))
    text = RESULTS.dump_json((public,)).decode()
    before = text.replace(',"picture":null', "")

    assert text != before
    assert (public,) == RESULTS.validate_json(before)
