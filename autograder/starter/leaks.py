"""Whether what students get contains anything of a solution."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping

from autograder.course import Course
from autograder.course.regions import BEGIN, END, solution_lines, strip_solutions
from autograder.starter.dated import released_files
from autograder.testing.packing import RELEASED

# Shorter lines say nothing ("return x", "else:"); ten tokens make a formula.
TELLING_TOKENS = 10
FORBIDDEN_NAMES = re.compile(
    r"(^|/)((mistakes|variants|test_hidden)\.py|notes\.md|kills\.json)$|\.pyc$|answer|\.npz$|\.db$"
)
FORBIDDEN_TEXT = (BEGIN, END, "solutions/", "AUTOGRADER_SECRET")


def leaks(course: Course, files: Mapping[str, bytes], closed: Iterable[str] = ()) -> list[str]:
    """Every file name, marker, path, line or statement in the bundle that gives something away.

    Args:
        course: with all stages, also those that the bundle does not have.
        files: the bundle.
        closed: stages whose references may be in it, each file in its place and byte for byte; nowhere else.
    """
    released = released_files(course, closed)
    found = [
        f"{path}: a reference that may not be released, or not in this form"
        for path, data in files.items()
        if path.partition("/")[0].casefold() == RELEASED and released.get(path) != data
    ]
    files = {path: data for path, data in files.items() if released.get(path) != data}
    found += [f"{path}: a file that students must not get" for path in files if FORBIDDEN_NAMES.search(path)]
    hidden_lines, hidden_statements = _hidden(course)
    for path, data in files.items():
        text = data.decode("utf-8", "replace")
        if path.startswith("autograder/"):
            continue  # the kit's own code, public with the kit
        found += [f"{path}: contains {word!r}" for word in FORBIDDEN_TEXT if word in text]
        for number, line in enumerate(text.splitlines(), start=1):
            if _normalised(_unquoted(line)) in hidden_lines:
                found.append(f"{path}:{number}: a line of a solution: {line.strip()}")
        if path.endswith(".py"):
            found += [
                f"{path}:{line}: a statement of a solution"
                for line, dump in _statements(text)
                if dump in hidden_statements
            ]
    return found


def _hidden(course: Course) -> tuple[set[str], set[str]]:
    """Normalised lines and statements that are in marked regions and nowhere in public."""
    lines: set[str] = set()
    statements: set[str] = set()
    public: set[str] = set()
    public_statements: set[str] = set()
    for stage_name in course.configuration.stages:
        stage = course.stage(stage_name)
        for path, text in stage.reference_files().items():
            stripped = strip_solutions(text, path)
            lines |= {_normalised(line) for line in solution_lines(text)}
            public |= {_normalised(line) for line in stripped.splitlines()}
            in_public = {dump for _, dump in _statements(stripped)}
            public_statements |= in_public
            statements |= {dump for _, dump in _statements(text)} - in_public
    return {line for line in lines - public if line}, statements - public_statements


def _normalised(line: str) -> str:
    """The line's tokens without comments and spacing; '' where they are too few to identify a solution."""
    try:
        tokens = [
            token.string
            for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline)
            if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING)
        ]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        tokens = line.split("#")[0].split()
    return " ".join(tokens) if len(tokens) >= TELLING_TOKENS else ""


def _unquoted(line: str) -> str:
    """A notebook's source lines are JSON strings."""
    stripped = line.strip().rstrip(",")
    if stripped.startswith('"') and stripped.endswith('"'):
        try:
            return str(ast.literal_eval(stripped))
        except (ValueError, SyntaxError):
            return line
    return line


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Statements long enough to identify a solution, as dumps without positions."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.For | ast.While | ast.AnnAssign):
            dump = ast.dump(node)
            if len(list(ast.walk(node))) >= 3 * TELLING_TOKENS:
                yield node.lineno, dump
