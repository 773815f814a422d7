"""The rules of grading.yml in the bundle: POLICY.md for students, AGENTS.md for coding assistants."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from autograder.course import Course
from autograder.course.models import Collaboration, ConductPolicy, DeclareIn, GenerativeAi
from autograder.errors import UsageError
from autograder.starter.bundle import bundle_files
from autograder.starter.conduct import PAGES, conduct_pages

ALL = list(itertools.product(Collaboration, GenerativeAi, DeclareIn))


def with_policy(course: Course, *policy: object) -> Course:
    """This course with other rules."""
    keys = ("collaboration", "generative_ai", "declare_in")
    conduct = ConductPolicy.model_validate(dict(zip(keys, policy, strict=True)))
    return replace(course, configuration=course.configuration.model_copy(update={"policy": conduct}))


def pages(course: Course, *policy: object) -> tuple[str, str]:
    """POLICY.md and AGENTS.md."""
    files = bundle_files(with_policy(course, *policy))
    return files["POLICY.md"].decode(), files["AGENTS.md"].decode()


def test_the_readme_links_to_the_rules(course: Course) -> None:
    """A student who reads the README finds them."""
    assert "(POLICY.md)" in bundle_files(course)["README.md"].decode()


def test_each_choice_has_its_own_words(course: Course) -> None:
    """Every combination gives another page, with nothing left to fill in."""
    written = [pages(course, *policy) for policy in ALL]

    assert len(ALL) == len({policy for policy, _ in written})
    assert [] == [text for both in written for text in both if re.search(r"[{}]", text)]
    assert all("COMP47650" in text for both in written for text in both)


@pytest.mark.parametrize("policy", ALL, ids="-".join)
def test_both_pages_have_the_same_rules(course: Course, policy: tuple[Collaboration, GenerativeAi, DeclareIn]) -> None:
    """What is forbidden to students is refused by assistants; what must be declared is named with its place."""
    student, agent = (" ".join(text.split()) for text in pages(course, *policy))
    collaboration, generative_ai, declare_in = policy
    place = {
        DeclareIn.FILE_COMMENT: "in a comment in the first lines of each file",
        DeclareIn.WRITTEN_ANSWER: "at the end of your written answer",
        DeclareIn.MOODLE_COMMENT: "in the comment of your submission in Moodle",
    }[declare_in]

    assert (generative_ai is GenerativeAi.FORBIDDEN) == ("Do not use tools that write code" in student)
    assert (generative_ai is GenerativeAi.FORBIDDEN) == ("Generative AI is forbidden" in agent)
    assert (generative_ai is GenerativeAi.DECLARE) == ("* each tool that wrote code or text" in student)
    assert (generative_ai is GenerativeAi.DECLARE) == (place.replace("your", "their") in agent)
    assert (collaboration is Collaboration.ALONE) == ("Work alone." in student) == ("Work alone." in agent)
    assert (collaboration is Collaboration.PAIRS) == ("* the student with whom you worked" in student)
    assert place in student


def test_an_unknown_word_of_a_template_is_refused(course: Course) -> None:
    """With the words that there are."""
    with pytest.raises(UsageError, match=r"POLICY.md: \{\{colaboration\}\} is not known; one of collaboration, declar"):
        conduct_pages(course, {"POLICY.md": b"{{colaboration}}"})


def test_the_templates_are_the_pages(course: Course) -> None:
    """Both are in the folder that the bundle is made from."""
    folder = course.root / "assignments" / "_bundle"

    assert [] == [name for name in PAGES if not (folder / name).is_file()]
