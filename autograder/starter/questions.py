"""The written question of a stage in its notebook: the cell of ``notebook.py`` that names the rubric's criteria.

``# %% [markdown] criteria=["written"]`` marks the place. The question is the specification's, how it is marked is the
rubric's, so neither is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from autograder.course import Course, StageFolder
from autograder.course.textfiles import read_text
from autograder.runner.written import FIRST_LINE, METADATA
from autograder.starter.specform import WRITTEN

CRITERIA = "criteria"  # the key of the marked cell
WHERE = (
    "Write your answer into the next cell, or where the text above says. One place is enough. If you use the cell, "
    "save the notebook: `submit` packs the answer, and you can also upload the notebook itself."
)


def section(text: str, heading: str) -> str:
    """What is below a heading of the second level that begins with these words, without it; '' where it is not."""
    for part in re.split(r"(?m)^## ", text)[1:]:
        first, _, body = part.partition("\n")
        if re.fullmatch(rf"{re.escape(heading)}( \(.*\))?", first.strip()):
            return body.strip()
    return ""


def rubric_text(stage: StageFolder, criterion: str) -> str:
    """The rubric's text on a criterion, without its heading."""
    return section(_read(stage, "rubric.md"), criterion)


def question_cells(stage: StageFolder, heading: str, criteria: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Text and metadata of the cell with the question, and of the one for the answer.

    Args:
        stage: has the specification and the rubric.
        heading: the text of the marked cell.
        criteria: of the rubric, in its order.
    """
    parts = [heading, section(_read(stage, "spec.md"), WRITTEN)]
    for criterion in criteria:
        points = f"{float(stage.policy.rubric[criterion]):g} points"
        parts += [f"**How it is marked: {criterion}, {points}**", rubric_text(stage, criterion)]
    yield "\n\n".join([*parts, f"*{WHERE}*"]), {METADATA: {"question": criteria}}
    yield FIRST_LINE.format(stage=stage.name), {METADATA: {"answer": stage.name}}


def marked_criteria(metadata: Mapping[str, Any]) -> list[str]:
    """The criteria that a cell of ``notebook.py`` names; none of any other cell."""
    named = metadata.get(CRITERIA)
    return [str(one) for one in named] if isinstance(named, list) else []


def question_problems(course: Course) -> list[str]:
    """Stages whose notebook lacks its written question, or has one that is not there, as ``file:line: key: what``."""
    return [problem for name in course.configuration.stages for problem in _problems(course.stage(name))]


def _problems(stage: StageFolder) -> Iterator[str]:
    paths = [stage.assignment / name for name in ("notebook.py", "spec.md", "rubric.md")]
    if not all(path.is_file() for path in paths):
        return  # the bundle reports what is missing
    where = paths[0].relative_to(stage.root).as_posix()
    lines = read_text(paths[0], where).splitlines()
    marked = {number: line for number, line in enumerate(lines, 1) if line.startswith("# %%") and CRITERIA in line}
    has_question = bool(section(_read(stage, "spec.md"), WRITTEN))
    if has_question and len(marked) != 1:
        yield (
            f"{where}:{len(lines)}: {CRITERIA}: {len(marked)} cells have the written question of spec.md; "
            f'there must be one, as # %% [markdown] {CRITERIA}=["written"]'
        )
    for number, line in marked.items():
        if not has_question:
            yield f"{where}:{number}: {CRITERIA}: spec.md has no section '## {WRITTEN}'"
        named = re.findall(r'"(\w+)"', line)
        unknown = [name for name in named if name not in stage.policy.rubric or not rubric_text(stage, name)]
        for name in unknown if named else [""]:
            allowed = ", ".join(stage.policy.rubric)
            yield f"{where}:{number}: {CRITERIA}: {name!r} is no criterion of grading.yml and rubric.md: {allowed}"


def _read(stage: StageFolder, name: str) -> str:
    return read_text(stage.assignment / name, f"assignments/{stage.name}/{name}")
