"""The written answers of a submission as the kit's own pages read them."""

from __future__ import annotations

from autograder.course import StageFolder
from autograder.course.workspace import graded_files
from autograder.model import Submission
from autograder.runner.written import written_answers

MOST_LETTERS = 20_000


def answers_of(stage: StageFolder, submission: Submission) -> dict[str, str]:
    """Each answer's text by the path of the file that it is in."""
    found = written_answers(stage.name, graded_files(stage, submission).values(), submission.files)
    return {one.path: one.text[:MOST_LETTERS].encode("utf-8", "replace").decode() for one in found}
