"""A stage's texts: nothing of the templates left, the form that all share, the points of grading.yml."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli.main import cli
from autograder.course import Course, read_course
from autograder.course.writtendates import written_dates
from autograder.starter import leftovers, new_stage, spec_problems
from autograder.starter.leftovers import PLACEHOLDERS
from autograder.starter.templates import entry
from tests.builders.course import POLICY, STAGE, write_course

ROOT = Path(__file__).parents[2]
SPEC = """# s01_tiny: Tiny

Week 1 · 100 points · due as on Moodle · about 6 hours

You write two functions. Later stages use both.

## Learning outcomes

After this stage you can

* double;
* triple;
* test both.

## How to begin

```
python -m autograder check s01_tiny
```

## What you write

Two functions.

| file | class or function | what it does |
| --- | --- | --- |
| `scratch/tiny.py` | `double(x)` | twice x |

## The rules

Twice x, three times x.

## How it is marked

| what | kind | points | what it looks at |
| --- | --- | --- | --- |
| `test_double_of_one` | public | 10 | Twice one is two |
| `test_double` | hidden | 40 | Twice random numbers |
| `test_double_is_even` | hidden | 20 | Twice minus x |
| `test_triple` | hidden | 20 | Three times random numbers |
| `clarity` | marked by hand (TA) | 10 | Whether another student could work on your file |

## Sources

* None.
"""


@pytest.fixture
def tiny_course(tmp_path: Path) -> Course:
    """A course whose only specification has the common form."""
    policy = POLICY.replace("test_triple: 30}", "test_triple: 20}\n    rubric: {clarity: 10}")
    course = write_course(tmp_path, policy=policy)
    (tmp_path / "assignments" / STAGE / "spec.md").write_text(SPEC, encoding="utf-8")
    return course


def changed(course: Course, before: str, after: str) -> list[str]:
    """The problems of the specification with one passage changed."""
    assert 1 == SPEC.count(before)
    spec = course.root / "assignments" / STAGE / "spec.md"
    spec.write_text(SPEC.replace(before, after), encoding="utf-8")
    return [problem.removeprefix(f"assignments/{STAGE}/spec.md:") for problem in spec_problems(course)]


def test_the_common_form_is_accepted(tiny_course: Course) -> None:
    """A specification in the form of the template has no problem."""
    assert [] == spec_problems(tiny_course)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("# s01_tiny: Tiny", "# s01 Tiny", "1: title: the first line must be '# s01_tiny: Tiny'"),
        ("Week 1 ·", "Week 2 ·", "3: week: 2 here, 1 in grading.yml"),
        ("· 100 points", "· 90 points", "3: points: 90 here, the sum in grading.yml is 100"),
        (
            "about 6 hours",
            "2 Feb",
            "3: facts: the third line must be 'Week 1 · 100 points · due as on Moodle · about H hours'",
        ),
        ("* double;\n", "", "7: outcomes: there must be 3 to 5, one a line that begins with '* '"),
        (
            "autograder check s01_tiny",
            "pytest",
            "15: how to begin: must show the command 'python -m autograder check s01_tiny'",
        ),
        ("## How to begin", "## Start", "45: sections: '## How to begin' is missing"),
        (
            "## The rules",
            "## What you write",
            "21: sections: '## What you write' is here 2 times; links need headings that differ",
        ),
        (
            "| file | class or function |",
            "| file | name |",
            "21: table: must be here and begin with '| file | class or function | what it does |'",
        ),
        (
            "| what | kind |",
            "| test | visibility |",
            "33: table: must be here and begin with '| what | kind | points | what it looks at |'",
        ),
        ("Two functions.", "x" * 121, "23: width: 121 characters; at most 120"),
        (
            "Two functions.",
            "It is 1 +\n1. That is 2.",
            "24: list: '1. That is 2.' is shown as a list item; wrap the paragraph at another word",
        ),
        ("| 40 |", "| 41 |", "38: test_double: 41 points here, 40 in grading.yml"),
        ("| `test_triple` | hidden", "| `test_triple` | public", "40: test_triple: the second column must be 'hidden'"),
        ("`test_triple`", "`test_treble`", "40: test_treble: not in grading.yml"),
        ("`test_triple`", "`test_treble`", "42: test_triple: is missing in the table of 'How it is marked'"),
        ("`test_triple`", "`test_double`", "40: test_double: is in the table twice"),
        ("marked by hand (TA)", "a reader", "41: clarity: the second column must be 'marked by hand (TA)'"),
    ],
)  # fmt: skip
def test_another_form_is_found(tiny_course: Course, before: str, after: str, problem: str) -> None:
    """Each departure from the form or from grading.yml is reported with its line."""
    found = changed(tiny_course, before, after)

    assert problem in found


def test_sections_are_in_order(tiny_course: Course) -> None:
    """A section before its place, and one after the sources, are reported."""
    found = changed(tiny_course, "## The rules", "## Written question")
    assert [] == found

    found = changed(tiny_course, "## Sources\n", "## Sources\n\n## Written question\n")
    assert any("'## Written question' must be before '## How it is marked'" in problem for problem in found)
    assert any("'## Written question' is after '## Sources'" in problem for problem in found)


def test_every_specification_has_the_common_form_and_the_points_of_the_policy(course: Course) -> None:
    """A student finds the same sections in every stage, and each test with its points."""
    assert [] == spec_problems(course)


def test_nothing_is_built_while_a_specification_differs(tiny_course: Course) -> None:
    """The command and its --check report the difference with file and line and end with exit code 1."""
    folder = tiny_course.root / "assignments" / STAGE
    (folder / "notebook.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    (folder / "rubric.md").write_text("# Rubric\n", encoding="utf-8")
    changed(tiny_course, "| 40 |", "| 41 |")
    runner = CliRunner()
    arguments = ["--course", str(tiny_course.root), "starter"]
    built = runner.invoke(cli, arguments, standalone_mode=False)
    checked = runner.invoke(cli, [*arguments, "--check"], standalone_mode=False)

    assert (1, 1) == (built.return_value, checked.return_value)
    expected = f"assignments/{STAGE}/spec.md:38: test_double: 41 points here, 40 in grading.yml"
    assert expected in built.output
    assert expected in checked.output
    assert not (tiny_course.root / "starter").exists()


def test_figures_are_files_that_are_shipped(tiny_course: Course) -> None:
    """A figure is an SVG file in figures/: one that is missing, elsewhere or never linked is reported."""
    found = changed(tiny_course, "Two functions.", "![Doubling](figures/double.svg)")
    assert ["23: figure: 'figures/double.svg' does not exist"] == found

    folder = tiny_course.root / "assignments" / STAGE / "figures"
    folder.mkdir()
    (folder / "double.svg").write_text("<svg/>", encoding="utf-8")
    assert [] == changed(tiny_course, "Two functions.", "![Doubling](figures/double.svg)")
    found = changed(tiny_course, "Two functions.", "![Doubling](double.png)")
    assert "23: figure: 'double.png' is not shipped; a figure is an SVG file in figures/" in found
    assert any("figure: 'figures/double.svg' is not linked in the specification" in problem for problem in found)


@pytest.mark.parametrize(
    "date",
    ["2027-02-26", "26 February 2027", "Feb 26", "26th of February", "February 26th, 2027", "26/02/2027", "26.2.27"],
)
def test_a_date_in_a_specification_is_reported(tiny_course: Course, date: str) -> None:
    """In the line of facts and anywhere else, however it is written, beside the date of grading.yml."""
    in_facts = changed(tiny_course, "due as on Moodle", f"due {date}")
    in_text = changed(tiny_course, "Two functions.", f"Two functions, by {date} please.")

    for line, found in ((3, in_facts), (23, in_text)):
        assert any(
            problem.startswith(f"{line}: date: '{date[:2]}") and "(due 2027-01-29 17:00)" in problem
            for problem in found
        )


@pytest.mark.parametrize(
    "text",
    ["Kingma & Ba 2015", "## 3 Novikoff", "it may 5 times", "pages 1-12-30", "shape 2/3/4", "3.11.2", "10 markers"],
)
def test_numbers_that_are_no_dates_are_accepted(text: str) -> None:
    """Years of sources, numbers of sections, fractions and versions."""
    assert [] == written_dates(text)


def test_finished_stages_hold_no_text_of_the_templates(course: Course) -> None:
    """The checked-in stages are finished."""
    assert [] == leftovers(course)


def test_a_new_stage_is_reported_until_its_texts_are_replaced(tmp_path: Path) -> None:
    """Every file that `new-stage` writes, and the entry in grading.yml, is reported with file and line."""
    files = new_stage(ROOT, "s01_tiny")
    write_course(tmp_path)
    for path, text in files.items():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    course = write_course_policy(tmp_path)
    found = leftovers(course)

    assert {path.relative_to(ROOT).as_posix() for path in files} | {"grading.yml"} == {
        problem.partition(":")[0] for problem in found
    }
    assert "assignments/s01_tiny/spec.md:1: 'A title' is left from the template; replace it" in found


def write_course_policy(root: Path) -> Course:
    """The course of the builder, with the entry of a new stage for its only one."""
    head = POLICY.partition("stages:\n")[0]
    (root / "grading.yml").write_text(head.lstrip() + "stages:\n" + entry("s01_tiny"), encoding="utf-8")
    return read_course(root)


@pytest.mark.parametrize(
    "line",
    ["x = x.double()", "y = torch.Tensor.double(x)", "the double of x", "def double_precision(x):", "a titled page"],
)
def test_words_that_only_look_like_the_templates_are_accepted(line: str) -> None:
    """PyTorch's ``double`` and ordinary words are not text of the templates."""
    assert PLACEHOLDERS.search(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "* Replace this: the second outcome;",
        "Open `scratch/tiny.py` and write `double` first. Then run",
        "*Worked example.* `double([1, 2])` is `[2, 4]`.",
        "plt.plot(x, double(x))",
        'plt.ylabel("double(x)")',
        "| `test_double` | hidden | 70 | random arrays |",
        "# s14_transfer: A title",
    ],
)
def test_each_line_of_the_example_is_found(line: str) -> None:
    """Also a line of the example that is left alone, when all others have been replaced."""
    assert PLACEHOLDERS.search(line) is not None
