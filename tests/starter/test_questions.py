"""The written question in a stage's notebook: the specification's words, the rubric's criteria, a cell to write in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.course import Course, read_course
from autograder.model import SubmittedFile
from autograder.runner.written import notebook_answer
from autograder.starter.bundle import stage_notebook
from autograder.starter.questions import question_problems
from tests.builders.course import STAGE
from tests.builders.notebook_course import NOTEBOOK, write_notebook_course

ROOT = Path(__file__).parents[2]
STAGES = sorted(path.parent.name for path in (ROOT / "assignments").glob("s*/notebook.py"))


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_asks_its_question_in_the_notebook(course: Course, stage: str) -> None:
    """The text of spec.md and each criterion's of rubric.md, in a cell above an empty one; the same bytes each time."""
    built = stage_notebook(course.stage(stage))
    question, answer = json.loads(built)["cells"][-2:]
    text = "".join(question["source"])
    asked = (ROOT / "assignments" / stage / "spec.md").read_text().partition("## Written question\n\n")[2]
    criteria = question["metadata"]["autograder"]["question"]

    assert asked.partition("\n\n## ")[0] in text
    assert [name for name in course.stage(stage).policy.rubric if name != "clarity"] == criteria
    assert [] == [name for name in criteria if f"**How it is marked: {name}, " not in text]
    assert "\n* " in text.partition("**How it is marked")[2]
    assert {"autograder": {"answer": stage}} == answer["metadata"]
    assert "" == notebook_answer(stage, SubmittedFile("n.ipynb", built.encode()))
    assert built == stage_notebook(course.stage(stage))


def test_no_stage_of_this_course_has_a_problem(course: Course) -> None:
    """Each question is in its notebook, once."""
    assert [] == question_problems(course)


@pytest.mark.parametrize(
    ("notebook", "words"),
    [
        (NOTEBOOK.replace(' criteria=["written"]', ""), "0 cells have the written question of spec.md"),
        (NOTEBOOK + '\n# %% [markdown] criteria=["written"]\n# Again\n', "2 cells have the written question"),
        (NOTEBOOK.replace('["written"]', '["style"]'), "'style' is no criterion of grading.yml and rubric.md: written"),
    ],
)
def test_a_notebook_without_its_question_is_reported(tmp_path: Path, notebook: str, words: str) -> None:
    """With file and line, before any student gets it."""
    write_notebook_course(tmp_path)
    (tmp_path / "assignments" / STAGE / "notebook.py").write_text(notebook)
    (problem,) = question_problems(read_course(tmp_path))

    assert problem.startswith(f"assignments/{STAGE}/notebook.py:")
    assert words in problem


def test_a_question_that_the_specification_does_not_have_is_reported(tmp_path: Path) -> None:
    """The words of the notebook's cell would be all that there is."""
    write_notebook_course(tmp_path)
    (tmp_path / "assignments" / STAGE / "spec.md").write_text("# s01_tiny\n")

    assert [f"assignments/{STAGE}/notebook.py:11: criteria: spec.md has no section '## Written question'"] == (
        question_problems(read_course(tmp_path))
    )
