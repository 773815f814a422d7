"""Written answers in a student's modules, read as text and never executed."""

from __future__ import annotations

from autograder.course import StageFolder
from autograder.course.workspace import graded_files
from autograder.model import Submission
from autograder.report.staffpage import assigned_answer

MOST_LETTERS = 20_000


def written_answers(stage: StageFolder, submission: Submission) -> dict[str, str]:
    """The text that each graded module assigns to ``WRITTEN_ANSWER``, by the module's path."""
    found = {}
    for path, file in graded_files(stage, submission).items():
        value = assigned_answer(file.data.decode("utf-8-sig", "replace"))
        if value and value.strip():
            found[path] = value[:MOST_LETTERS].encode("utf-8", "replace").decode()
    return found
