"""Plain values of probes, and the finding for a fault of a student's process."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.hostiletext import finding_lines, visible, visible_line
from autograder.model import Finding, Outcome, Place, Visibility, Workspace
from autograder.model import FindingKind as Kind
from autograder.runner.protocol import StudentFault
from autograder.testing.faults import ENDLESS, fault_finding
from autograder.testing.values import Outputs, digest, identical, normalise, structure_finding
from tests.report.reading import dangerous_characters

WORKSPACE = Workspace({"scratch/ops.py": b"a\nb\n", "probes.py": b""}, frozenset({"scratch/ops.py"}))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(1.5), 1.5),
        (np.array(2), 2),
        (np.bool_(1), True),
        ((1, [2.0, "three"]), [1, [2.0, "three"]]),
        ({"a": (np.int8(1),)}, {"a": [1]}),
        (None, None),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (2**1023 - 1, 2**1023 - 1),
    ],
)
def test_normalise_gives_plain_python(value: Any, expected: Any):
    """Scalars of numpy, 0-d arrays, tuples and huge numbers come to one form."""
    result = normalise(value)

    assert expected == result
    assert type(expected) is type(result)


@pytest.mark.parametrize("value", [np.array([object()]), {1, 2}, object(), np.array(["a"])])
def test_normalise_refuses_what_is_not_plain(value: Any):
    """Objects, sets and arrays of text or objects."""
    with pytest.raises(TypeError):
        normalise(value)


def test_digest_tells_values_kinds_and_shapes_apart():
    """Equal values have equal digests; another dtype, shape, kind or key has another."""
    values = [1, 1.0, True, "1", None, [1], [[1]], {"1": 1}, np.ones(1), np.ones((1, 1)), np.ones(1, np.float32)]

    assert len(values) == len({digest(normalise(value)) for value in values})
    assert digest({"a": np.ones(2), "b": 1}) == digest({"b": 1, "a": np.ones(2)})


def test_loose_structure_leaves_shapes_out():
    """Names and kinds are still compared."""
    assert structure_finding("", {"y": np.ones(2)}, {"y": np.ones(3)}, shapes=False) is None
    assert Finding(Kind.MISSING, "y: nothing was returned") == structure_finding(
        "", {}, {"y": np.ones(3)}, shapes=False
    )


def test_outputs_are_a_mapping():
    """Names lead to values; the origin is shown."""
    outputs = Outputs({"y": 1.0}, "your code")

    assert ["y"] == list(outputs)
    assert "<outputs of your code: y>" == repr(outputs)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            StudentFault(Outcome.ERROR, exception_type="ValueError", exception_text="7", path="scratch/ops.py", line=2),
            Finding(
                Kind.EXCEPTION, "ValueError was raised", "", Place("scratch/ops.py", 2), "ValueError: 7", "ValueError"
            ),
        ),
        (
            StudentFault(Outcome.ERROR, exception_type="NotImplementedError", exception_text="f"),
            Finding(
                Kind.EXCEPTION,
                "NotImplementedError was raised",
                "This part is not written yet.",
                None,
                "NotImplementedError: f",
                "NotImplementedError",
            ),
        ),
        (
            StudentFault(Outcome.ERROR, exception_type="X314", exception_text="x", path="scratch/ops.py", line=99),
            Finding(
                Kind.EXCEPTION, "an exception of a class that is not built into Python was raised", "", None, "X314: x"
            ),
        ),
        (
            StudentFault(Outcome.ERROR, exception_type="UnsendableError"),
            Finding(
                Kind.EXCEPTION,
                "your code returned something that is not plain data (arrays, numbers, text, lists, dicts)",
                detail="UnsendableError: ",
            ),
        ),
        (
            StudentFault(Outcome.ERROR, exception_type="TooLargeError"),
            Finding(
                Kind.EXCEPTION,
                "your code returned more than can be sent to the grader: too much data, too many axes or levels, or "
                "too long an integer, text or key",
                detail="TooLargeError: ",
            ),
        ),
        (
            StudentFault(Outcome.TIMED_OUT, path="/etc/passwd", line=1),
            Finding(Kind.TIME, "your code did not finish within the time limit", ENDLESS),
        ),
    ],
)
def test_faults_become_findings(fault: StudentFault, expected: Finding):
    """Message, place and detail; a place that cannot be true is left out."""
    assert expected == fault_finding(fault, WORKSPACE, Visibility.PUBLIC)


@given(name=st.text(min_size=1, max_size=30), text=st.text(min_size=1))
def test_hidden_tests_tell_no_text_of_an_exception(name: str, text: str):
    """Nor the name of a class of their own."""
    fault = StudentFault(Outcome.ERROR, exception_type=f"Leak{name}", exception_text=f"leak{text}")
    finding = fault_finding(fault, WORKSPACE, Visibility.HIDDEN)

    assert "leak" not in (finding.message + finding.detail + finding.hint).lower()


@given(text=st.text())
def test_visible_text_has_no_control_characters(text: str):
    """Whatever the text."""
    assert set() == dangerous_characters(visible(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text\n\ttabbed", "plain text\n\ttabbed"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\u202eevil", "<U+202E>evil"),
        ("\x00", "<U+0000>"),
        ("\ud800", "<U+D800>"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Zoë 李小龍 👩\u200d🔬", "Zoë 李小龍 👩\u200d🔬"),
        ("a" + "\u0301" * 50, "a" + "\u0301" * 4),
    ],
)
def test_visible(text: str, expected: str):
    """Names of all scripts stay as they are; what hides or steers is spelt out."""
    assert expected == visible(text)


def test_visible_counts_what_is_left_out():
    """A limit cuts, and says by how much."""
    assert "aaa … and 1,497 more characters" == visible("a" * 1500, limit=3)


def test_visible_line_has_no_line_ends():
    """All white space becomes a space."""
    assert "a b c" == visible_line("a\n b\tc")


def test_an_exceptions_own_text_is_shown_once():
    """The message that only names it is left out; another finding's message stays."""
    assert ["ValueError: 7"] == finding_lines(Finding(Kind.EXCEPTION, "ValueError was raised", detail="ValueError: 7"))
    assert ["off", "expected 1"] == finding_lines(Finding(Kind.VALUE, "off", detail="expected 1"))


ALIKE = [
    None, True, 1, 1.0, -0.0, 0.0, "1", [], [1], [1.0], {}, {"a": 1}, {"a": [np.ones(2)]}, {"a": [np.ones(3)]},
    np.ones(2), np.ones((1, 2)), np.ones(2, np.float32), np.array([0.0]), np.array([-0.0]), np.array([np.nan]),
]  # fmt: skip


def test_identical_values_are_identical_to_themselves_alone():
    """To the last bit: kind, dtype, shape and the sign of zero count, in dicts and lists too."""
    for place, one in enumerate(ALIKE):
        found = [other for other, value in enumerate(ALIKE) if identical(copy.deepcopy(one), value)]

        assert [place] == found


def test_in_doubt_values_are_not_identical():
    """A NaN by itself has no bits to compare; an array may have them anywhere in memory."""
    table = np.arange(6.0).reshape(2, 3)

    assert not identical(math.nan, math.nan)
    assert identical(table.T, np.ascontiguousarray(table.T))
    assert identical(Outputs({"y": table}, "one"), {"y": table.copy()})
