"""Plain, modern words in the code and in all that people read: names, comments, messages, docs, course material.

A word of the list is archaic, or a metaphor where the field has a word. ALLOWED has the places where one is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("autograder", "assignments", "solutions", "docs", "benchmarks")
PAGES = ("README.md", "CONTRIBUTING.md", "Makefile", "grading.yml")
SUFFIXES = {".py", ".md", ".j2", ".toml", ".yml", ".css", ".svg"}
# Each pattern with what to write in its place.
WORDS = {
    r"noughts?|naught|aught": "0, zero, nothing",
    r"bears?|bore|borne|born|birth": "fork, have",
    r"scouts?": "scan, search",
    r"shelf|shelves": "cache",
    r"class Bench": "StudentProcess",
    r"parcels?": "zip, message",
    r"mends?|mended|mending": "fix, correct",
    r"without a word": "silently",
    r"for want of": "without, as an approximation",
    r"whither|hither|thither|whence|thence": "where, from where",
    r"wherein|whereof|thereof|therein|whereupon|thereupon": "in which, of it",
    r"lest|ere|unto|forsooth|nay|twain|heretofore|hitherto": "so that not, before, to",
    r"thrice": "three times",
    r"amid|amidst|upon|whilst": "among, on, while",
    r"behold|dwells?|befalls?|befell|heeds?": "see, stay, happen, regard",
    r"spoilt": "wrong, aborted",
    r"tells?|told": "report, return, print, send",
    r"stands|stood": "is",
    r"lies": "is",
    r"walls|thick": "isolation, layers",
    r"bites?|bitten": "catch, kill",
    r"foreseen|rehears\w+": "expected, dry run",
}
PATTERN = re.compile("|".join(rf"(?:\b(?:{word})\b)" for word in WORDS), re.IGNORECASE)
# Path (or its beginning), word in lower case: why it may be there.
ALLOWED = {
    ("docs/design/0004-rooms.md", "*"): "a table of old names and new ones",
    ("docs/student.md", "tell"): "a person tells a person",
    ("autograder/intake/spool.py", "tell"): "the method of Python's files",
    ("autograder/intake/spool.py", "whence"): "the name of its argument in Python's io",
    ("autograder/moodle/web/client.py", "tell"): "the method of Python's files",
    ("grading.yml", "tells"): "the name of a test, which records have too",
    ("assignments/s02_backprop/", "tells"): "the same name",
}


def found_in(path: Path) -> Iterator[str]:
    """Every word of the list in a file, as ``path:line: word: line``."""
    name = path.relative_to(ROOT).as_posix()
    allowed = {word for beginning, word in ALLOWED if name.startswith(beginning)}
    if "*" in allowed:
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        # the parts of names are words, too
        for match in PATTERN.finditer(re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", line)):
            if match[0].lower() not in allowed:
                yield f"{name}:{number}: {match[0]}: {line.strip()[:100]}"


def files() -> Iterator[Path]:
    """Everything that is written by hand, apart from tests."""
    yield from (ROOT / name for name in PAGES)
    for folder in FOLDERS:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES and path.is_file())


def test_words_are_plain_and_modern() -> None:
    """No word of the list; ``WORDS`` has what to write in its place."""
    assert [] == [found for path in files() for found in found_in(path)]


def test_what_is_allowed_is_still_needed() -> None:
    """An exception goes when its reason does."""
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8").lower() for path in files()}
    unneeded = [
        (beginning, word)
        for beginning, word in ALLOWED
        if not any(name.startswith(beginning) and (word == "*" or word in text) for name, text in texts.items())
    ]

    assert [] == unneeded


@pytest.mark.parametrize("line", ["x = bear(1)", "class BornChild:", "# it_is_told", "Nought is left.", "the walls"])
def test_words_are_found_in_names_too(line: str) -> None:
    """As a word, in snake case, in camel case, and in upper case."""
    assert PATTERN.search(re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", line))
