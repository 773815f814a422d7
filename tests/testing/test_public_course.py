"""A damaged ``course.json`` is one line with its file, its line, and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import UsageError
from autograder.testing.public_course import read_public_course

STAGE = {
    "title": "Tiny",
    "week": 1,
    "due": "2026-02-10T17:00:00+00:00",
    "files": ["scratch/tiny.py"],
    "points": {"test_double": 3},
    "limits": {"cpu_seconds": 2, "files": 8},
}


def bundle(root: Path, **changed: Any) -> str:
    """The ``course.json`` of a bundle with one stage, some of whose fields are others; None: left out."""
    stage = {key: value for key, value in {**STAGE, **changed}.items() if value is not None}
    text = json.dumps({"module": "T", "stages": {"s00_tiny": stage}}, indent=1)
    (root / "course.json").write_text(text, encoding="utf-8")
    return text


def test_a_good_one(tmp_path: Path) -> None:
    """Limits have the types that the sandbox wants, whatever the file has."""
    bundle(tmp_path, limits={"cpu_seconds": "2", "files": 8.0})
    limits = read_public_course(tmp_path).stages["s00_tiny"].limits

    assert (2.0, 8, int) == (limits.cpu_seconds, limits.files, type(limits.files))


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"week": None}, "s00_tiny: 'week' is missing"),
        ({"week": "first"}, "s00_tiny: invalid literal for int"),
        ({"due": "tomorrow"}, "s00_tiny: Invalid isoformat string"),
        ({"due": "2026-02-10T17:00:00"}, "s00_tiny: due: 2026-02-10T17:00:00 has no time zone"),
        ({"files": 3}, "s00_tiny: 'int' object is not iterable"),
        ({"points": [1]}, "s00_tiny: 'list' object has no attribute 'items'"),
        ({"points": {"test_double": float("nan")}}, "s00_tiny: nan is not a number that can be used"),
        ({"budgets": {"test_double": 1e999}}, "s00_tiny: inf is not a number that can be used"),
        ({"limits": {"cpu": 2}}, "s00_tiny: limits: cpu does not exist"),
        ({"limits": {"files": []}}, "s00_tiny: float() argument must be"),
    ],
)
def test_a_field_that_is_wrong(tmp_path: Path, changed: dict[str, Any], what: str) -> None:
    """The line is that of the stage."""
    text = bundle(tmp_path, **changed)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "s00_tiny" in one)
    with pytest.raises(UsageError) as caught:
        read_public_course(tmp_path)

    assert str(caught.value).startswith(f"{tmp_path}/course.json:{line}: {what}")
    assert 1 == len(str(caught.value).splitlines())


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b'{"module": "T",\n"stages": {', r":2: this is not JSON: "),
        (b"\xff\xfe{}", r":1: this is not JSON in UTF-8"),
        (b"[" * 100_000, r":1: this is not JSON in UTF-8"),
        (b"[]", r":1: "),
        (b'{"module": "T"}', r":1: 'stages' is missing"),
        (b'{"module": "T", "stages": []}', r":1: 'list' object has no attribute 'items'"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, data: bytes, where: str) -> None:
    """Where the JSON ends, or the first line."""
    (tmp_path / "course.json").write_bytes(data)

    with pytest.raises(UsageError, match=re.escape(f"{tmp_path}/course.json") + where):
        read_public_course(tmp_path)
