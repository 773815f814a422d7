"""Whether text of the templates is left in a stage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Course
from autograder.course.textfiles import read_text

# What the files of assignments/_template, solutions/_template and ``templates.ENTRY`` mark as text to be replaced.
# A test checks that every template holds at least one of these, and that no finished stage does.
PLACEHOLDERS = re.compile(
    r"Replace this"  # begins every sentence of the templates
    r"|\bA title\b"  # the title in grading.yml and in the headings
    r"|\btest_double(_worked_example)?\b"  # the tests of the example
    r"|\b(import|def) double\b|`double\b|(?<!\.)\bdouble\((x|\[1, 2\])\)"  # its function; Tensor.double is PyTorch's
    r"|\bSTAGE\b|\bMODULE\b"  # names that `new-stage` fills in
)
ASSIGNMENT_FILES = ("spec.md", "notebook.py", "probes.py", "test_public.py", "rubric.md")
SOLUTION_FILES = ("notes.md", "test_hidden.py", "mistakes.py", "variants.py")


def leftovers(course: Course) -> list[str]:
    """Every line of a stage that still is the template's, as ``file:line: what is left; what to do``."""
    found: list[str] = []
    for name, policy in course.configuration.stages.items():
        stage = course.stage(name)
        paths = [stage.assignment / file for file in ASSIGNMENT_FILES]
        paths += [stage.solution / file for file in SOLUTION_FILES]
        paths += [course.solutions / file for file in policy.files]
        for path in paths:
            if path.is_file():
                found += _lines(course.root, path, read_text(path, stage.shown(path)))
    policy_file = course.root / "grading.yml"
    found += _lines(course.root, policy_file, read_text(policy_file, policy_file.name))
    return list(dict.fromkeys(found))


def _lines(root: Path, path: Path, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        placeholder = PLACEHOLDERS.search(line)
        if placeholder is not None:
            where = path.relative_to(root).as_posix()
            yield f"{where}:{number}: {placeholder[0]!r} is left from the template; replace it"
