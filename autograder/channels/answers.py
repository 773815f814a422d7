"""Written answers in a student's modules, read as text and never executed."""

from __future__ import annotations

import ast

from autograder.course import StageFolder
from autograder.course.workspace import graded_files
from autograder.model import Submission

NAME = "WRITTEN_ANSWER"
MOST_LETTERS = 20_000


def written_answers(stage: StageFolder, submission: Submission) -> dict[str, str]:
    """The text that each graded module assigns to ``WRITTEN_ANSWER``, by the module's path."""
    found = {}
    for path, file in graded_files(stage, submission).items():
        try:
            statements = ast.parse(file.data).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for statement in statements:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == NAME for target in statement.targets
            ):
                try:
                    value = ast.literal_eval(statement.value)
                except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                    continue
                if isinstance(value, str) and value.strip():
                    found[path] = value[:MOST_LETTERS].encode("utf-8", "replace").decode()
    return found
