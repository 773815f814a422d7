"""The feedback zip has names that Moodle matches, and the same bytes for the same files."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.moodle.files.feedback import safe_first_part
from tests.builders.feedback import feedback_zip


def names_of(data: bytes) -> list[str]:
    """The entries' names."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def test_names_are_those_that_moodle_matches():
    """No underscore before the id, then the plug-in, then the file."""
    data = feedback_zip({"41226": {"feedback.html": b"x"}, "7": {"a b.html": b"y"}}, {"41226": "Ann_Marie 小明"})

    expected = ["participant_7_assignfeedback_file/a b.html", "Ann Marie 小明_41226_assignfeedback_file/feedback.html"]
    assert expected == names_of(data)


def test_the_same_files_are_the_same_bytes():
    """Neither the clock nor the order of the mapping shows."""
    one = feedback_zip({"1": {"a.html": b"x", "b.html": b"y"}, "2": {"a.html": b"z"}})
    other = feedback_zip({"2": {"a.html": b"z"}, "1": {"b.html": b"y", "a.html": b"x"}})

    assert one == other


@pytest.mark.parametrize("name", ["", ".x", "~x", "a/b", "a\\b", "../x", "it's.html", "a:b", "x\n", "x" * 250, "x."])
def test_names_that_moodle_would_skip_or_change_are_refused(name: str):
    """A report must arrive under the name that the comment mentions."""
    with pytest.raises(ValueError, match="skip or rename"):
        feedback_zip({"1": {name: b"x"}})


@pytest.mark.parametrize("key", ["", "group-5", "ann", "1_2", "-1", "٣"])
def test_ids_are_numbers(key: str):
    """Anything else would be skipped in silence."""
    with pytest.raises(ValueError, match="participant id"):
        feedback_zip({key: {"a.html": b"x"}})


@given(st.text(max_size=80))
def test_the_first_part_cannot_shift_the_id(name: str):
    """Split at underscores, the id is always the second part."""
    part = safe_first_part(name)

    assert ["41226", "assignfeedback", "file"] == f"{part}_41226_assignfeedback_file".split("_")[1:]
    assert part
    assert not set(part) & set("/\\\x00\n")
    assert len(part.encode()) <= 120
