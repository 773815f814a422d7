"""What a tester sends back is read as values, or refused in our words."""

from __future__ import annotations

import json

import pytest

from autograder.errors import AutograderError
from autograder.model import Finding, FindingKind, Outcome, TestResult, Visibility
from autograder.tester.jobs import JobResult, decode_result, encode_result

FINDING = Finding(FindingKind.EXCEPTION, "KeyError was raised", exception_type="KeyError")
RESULT = JobResult("7", (TestResult("test_x", "", Visibility.HIDDEN, "X.", Outcome.ERROR, (FINDING,)),))


def test_a_result_is_read_as_it_was_written() -> None:
    """Kinds, outcomes and types of exceptions are values on both sides."""
    assert decode_result(encode_result(RESULT)) == RESULT


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("kind", "telepathy", "'telepathy' does not exist here; allowed: 'missing'"),
        ("exception_type", "Key Error", "'Key Error' is not the name of a class of exceptions"),
    ],
)
def test_a_value_that_does_not_exist_is_named(key: str, value: str, words: str) -> None:
    """The error names the place in the line and what is allowed."""
    line = json.loads(encode_result(RESULT))
    line["results"][0]["findings"][0][key] = value

    with pytest.raises(AutograderError, match="the line of a tester cannot be read") as caught:
        decode_result(json.dumps(line).encode())
    assert words in str(caught.value)


def test_findings_are_of_a_known_kind() -> None:
    """A word that is not in the set never becomes a finding."""
    with pytest.raises(ValueError, match="'telepathy' is not a kind of finding; allowed: missing, type"):
        Finding("telepathy", "m")  # type: ignore[arg-type]  # what is refused
