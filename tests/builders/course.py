"""A course with one tiny stage, for tests of the engine that must not depend on real stages."""

from __future__ import annotations

import textwrap
from pathlib import Path

from autograder.course import Course, read_course
from autograder.model import Submission, SubmittedFile

STAGE = "s01_tiny"
REFERENCE = '''
"""Twice and thrice."""

import numpy as np


def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    return np.asarray(x) * 2.0
    # STUB: raise NotImplementedError("double")
    # END SOLUTION


def triple(x):
    """Thrice x."""
    # BEGIN SOLUTION
    return np.asarray(x) * 3.0
    # STUB: raise NotImplementedError("triple")
    # END SOLUTION
'''
PROBES = '''
"""How the tests call a submission."""


def double(*, x):
    from scratch import tiny

    return {"y": tiny.double(x)}


def triple(*, x):
    from scratch import tiny

    return {"y": tiny.triple(x)}
'''
PUBLIC = '''
import numpy as np

from autograder.testing import assert_close


def test_double_of_one(student):
    """Twice one is two."""
    assert_close(student.double(x=np.ones(3)), {"y": np.full(3, 2.0)}, rtol=1e-12)
'''
HIDDEN = '''
import pytest

from autograder.testing import assert_close, assert_that


@pytest.mark.parametrize("size", [2, 5], ids=["two", "five"])
def test_double(student, reference, rng, size):
    """Twice random numbers."""
    x = rng.standard_normal(size)
    assert_close(student.double(x=x), reference.double(x=x), rtol=1e-12)


@pytest.mark.needs("test_double")
def test_double_is_even(student, rng):
    """Twice minus x is minus twice x."""
    x = rng.standard_normal(4)
    assert_that((student.double(x=x)["y"] == -1.0 * student.double(x=-x)["y"]).all(), "double(-x) is not -double(x)")


@pytest.fixture
def three(rng):
    return rng.standard_normal(3)


def test_triple(student, reference, three):
    """Thrice random numbers, with a fixture of the test's own."""
    assert_close(student.triple(x=three), reference.triple(x=three), rtol=1e-12)
'''
TWO_MISTAKES = """
from autograder.course.mistakes import Mistake, edit

PATH = "scratch/tiny.py"
MISTAKES = [
    Mistake("square", "Is this the square?", ("test_double",),
            (edit(PATH, "np.asarray(x) * 2.0", "np.asarray(x) ** 2"),)),
    Mistake("triple_adds", "Is three added, not multiplied by?", ("test_triple",),
            (edit(PATH, "np.asarray(x) * 3.0", "np.asarray(x) + 3.0"),)),
"""
MISTAKES = f"""{TWO_MISTAKES}\
    Mistake("four_of_them", "Are four numbers different?", ("test_double_is_even",),
            (edit(PATH, "np.asarray(x) * 2.0", "np.asarray(x) * 2.0 + (np.size(x) == 4)"),)),
]
"""
KILLS = """
{
  "four_of_them": ["test_double_is_even"],
  "square": ["test_double", "test_double_is_even", "test_double_of_one"],
  "triple_adds": ["test_triple"]
}
"""
VARIANTS = """
from autograder.course.mistakes import Variant, edit

VARIANTS = [Variant("sum", "x + x", (edit("scratch/tiny.py", "np.asarray(x) * 2.0", "np.asarray(x) + np.asarray(x)"),))]
"""
POLICY = """
module: {code: T, title: Tiny, time_zone: Europe/Dublin, starts: 2027-01-18, ends: 2027-05-21}
components:
  engagement: {weight_percent: 20, attendance_percent: 0, homework_percent: 100}
  project: {weight_percent: 80}
late: {grace_minutes: 15, percent_a_day: 10, cap_percent: 50, last_day: 7}
limits: {cpu_seconds: 1, wall_seconds: 60, memory_mib: 256, processes: 8, output_kib: 16, files: 32}
sandbox: {minimum: container}
letter_grades: [{letter: A, from_percent: 70}, {letter: F, from_percent: 0}]
moodle: {grade_maximum: 10}
stages:
  s01_tiny:
    title: Tiny
    week: 1
    due: 2027-01-29 17:00 Europe/Dublin
    files: [scratch/tiny.py]
    tests:
      public: {test_double_of_one: 10}
      hidden: {test_double: 40, test_double_is_even: 20, test_triple: 30}
"""


def write_course(
    root: Path,
    *,
    public: str = PUBLIC,
    hidden: str = HIDDEN,
    policy: str = POLICY,
    mistakes: str = MISTAKES,
    kills: str = KILLS,
    reference: str = REFERENCE,
) -> Course:
    """The course in ``root``, read."""
    files = {
        "grading.yml": policy,
        f"assignments/{STAGE}/probes.py": PROBES,
        f"assignments/{STAGE}/test_public.py": public,
        f"solutions/{STAGE}/test_hidden.py": hidden,
        f"solutions/{STAGE}/mistakes.py": mistakes,
        f"solutions/{STAGE}/kills.json": kills,
        f"solutions/{STAGE}/variants.py": VARIANTS,
        "solutions/scratch/__init__.py": "",
        "solutions/scratch/tiny.py": reference,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text.lstrip("\n"), encoding="utf-8")
    return read_course(root)


def tiny(double: str = "return x * 2.0", triple: str = "return x * 3.0", top: str = "") -> str:
    """A submission's tiny.py from the bodies of its functions."""
    bodies = "".join(
        f"\n\ndef {name}(x):\n{textwrap.indent(body, '    ')}\n"
        for name, body in (("double", double), ("triple", triple))
    )
    return f"import numpy as np\n{top}\n{bodies}"


def submission(text: str, participant: str = "1") -> Submission:
    """A submission that holds one file."""
    return Submission(participant, files=(SubmittedFile("scratch/tiny.py", text.encode()),))
