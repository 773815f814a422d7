"""Whether a specification has the form that all stages share, the points of ``grading.yml``, and no dates.

The form is in ``assignments/_template/spec.md``: a title, one line with week, points and hours, a paragraph, and
sections in a fixed order. Feedback pages and courses on Moodle link to the headings, so their names are fixed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from autograder.course import Course, StageFolder
from autograder.course.textfiles import read_text
from autograder.course.writtendates import written_dates

FIRST = ("Learning outcomes", "How to begin", "What you write")
LAST = ("How it is marked", "Sources")
WRITTEN = "Written question"
BY_HAND = "marked by hand (TA)"
# The first rows of the two tables that every specification has.
COLUMNS = {
    "What you write": "| file | class or function | what it does |",
    "How it is marked": "| what | kind | points | what it looks at |",
}
WIDTH = 120
FACTS = re.compile(r"Week (\d+) · (\d+(?:\.\d+)?) points · due as on Moodle · about \d+ hours")
LIST_ITEM = re.compile(r" *([*+-]|\d+[.)]) ")
FIGURE = re.compile(r"!\[[^\]]*\]\(([^)]*)\)")
Problems = Iterator[tuple[int, str]]
ROW = re.compile(r"\| *`?(\w+)`? *\|.*?\| *(\d+(?:\.\d+)?) *\|")


def spec_problems(course: Course) -> list[str]:
    """Every difference between a stage's ``spec.md`` and the form or ``grading.yml``, as ``file:line: key: what``."""
    return [problem for name in course.configuration.stages for problem in stage_problems(course.stage(name))]


def stage_problems(stage: StageFolder) -> list[str]:
    """The differences of one stage, in the order of the lines."""
    path = stage.assignment / "spec.md"
    if not path.is_file():
        return []  # the bundle reports a stage without a specification
    lines = read_text(path, stage.shown(path)).splitlines()
    found = [*_title(stage, lines), *_facts(stage, lines), *_sections(lines), *_contents(stage, lines)]
    found += [*_widths(lines), *_lists(lines), *_points(stage, lines), *_figures(stage, lines)]
    found += _dates(stage, lines)
    where = path.relative_to(stage.root).as_posix()
    return [f"{where}:{number}: {what}" for number, what in sorted(found)]


def _title(stage: StageFolder, lines: list[str]) -> Problems:
    expected = f"# {stage.name}: {stage.policy.title}"
    if lines[:1] != [expected]:
        yield 1, f"title: the first line must be {expected!r}"


def _facts(stage: StageFolder, lines: list[str]) -> Problems:
    """Week and points in the third line, a paragraph after them."""
    total = stage.policy.out_of
    expected = f"Week {stage.policy.week} · {total} points · due as on Moodle · about H hours"
    facts = FACTS.fullmatch(lines[2]) if len(lines) > 2 else None
    if facts is None:
        yield 3, f"facts: the third line must be {expected!r}"
    else:
        if int(facts[1]) != stage.policy.week:
            yield 3, f"week: {facts[1]} here, {stage.policy.week} in grading.yml"
        if Decimal(facts[2]) != total:
            yield 3, f"points: {facts[2]} here, the sum in grading.yml is {total}"
    if len(lines) < 5 or not lines[4] or lines[4].startswith(("#", "|", "*")):
        yield 5, "introduction: a paragraph must be here: what is built, why, and where it is used later"


def _dates(stage: StageFolder, lines: list[str]) -> Problems:
    """Dates: they are in ``grading.yml`` alone, since a copy would be wrong after the next change."""
    for number, line in enumerate(lines, start=1):
        for date in written_dates(line):
            due = f"{stage.policy.due:%Y-%m-%d %H:%M}"
            yield number, f"date: {date!r} here; leave it out: dates are in grading.yml (due {due}) and in Moodle"


def _headings(lines: list[str]) -> dict[int, str]:
    """The headings of the second level by their line number, from 1; a ``##`` within a code block is none."""
    found = {}
    in_code = False
    for number, line in enumerate(lines, start=1):
        in_code ^= line.startswith("```")
        if line.startswith("## ") and not in_code:
            found[number] = line[3:].strip()
    return found


def _sections(lines: list[str]) -> Problems:
    """The fixed sections, in order, each once."""
    headings = _headings(lines)
    where = {heading: number for number, heading in reversed(headings.items())}
    for heading, count in Counter(headings.values()).items():
        if count > 1:
            yield where[heading], f"sections: '## {heading}' is here {count} times; links need headings that differ"
    for heading in (*FIRST, *LAST):
        if heading not in where:
            yield len(lines), f"sections: '## {heading}' is missing"
    expected = [*FIRST, *((WRITTEN,) if WRITTEN in where else ()), *LAST]
    for before, after in pairwise([heading for heading in expected if heading in where]):
        if where[before] > where[after]:
            yield where[before], f"sections: '## {before}' must be before '## {after}'"
    for heading in [heading for number, heading in headings.items() if number > where.get("Sources", len(lines))]:
        yield where[heading], f"sections: '## {heading}' is after '## Sources', which must be the last section"


def _contents(stage: StageFolder, lines: list[str]) -> Problems:
    """What must be in the fixed sections."""
    command = f"python -m autograder check {stage.name}"
    for number, heading in _headings(lines).items():
        section = list(_section(lines, heading).values())
        if heading == "Learning outcomes" and not 3 <= sum(line.startswith("* ") for line in section) <= 5:
            yield number, "outcomes: there must be 3 to 5, one a line that begins with '* '"
        if heading == "How to begin" and command not in "\n".join(section):
            yield number, f"how to begin: must show the command {command!r}"
        if heading in COLUMNS and COLUMNS[heading] not in section:
            yield number, f"table: must be here and begin with {COLUMNS[heading]!r}"


def _section(lines: list[str], heading: str) -> dict[int, str]:
    """The lines below a heading by their number, to the next heading of the second level."""
    found: dict[int, str] = {}
    current = ""
    headings = _headings(lines)
    for number, line in enumerate(lines, start=1):
        current = headings.get(number, current)
        if current == heading:
            found[number] = line
    return found


def _widths(lines: list[str]) -> Problems:
    """Long lines; a row of a table cannot be wrapped."""
    for number, line in enumerate(lines, start=1):
        if len(line) > WIDTH and not line.startswith("|"):
            yield number, f"width: {len(line)} characters; at most {WIDTH}"


def _lists(lines: list[str]) -> Problems:
    """A line of a paragraph that begins with ``1.`` or ``*``, often by wrapping: Markdown shows a list there."""
    in_code = False
    for number, (before, line) in enumerate(pairwise(lines), start=2):
        in_code ^= before.startswith("```")
        paragraph = before.strip() and not before.startswith((" ", "#", "|", "```")) and LIST_ITEM.match(before) is None
        if paragraph and not before.endswith(":") and not in_code and LIST_ITEM.match(line):
            yield number, f"list: {line[:20]!r} is shown as a list item; wrap the paragraph at another word"


def _figures(stage: StageFolder, lines: list[str]) -> Problems:
    """Links to figures that are not there, and figures without a link: the bundle ships ``figures/*.svg``."""
    linked = set()
    for number, line in enumerate(lines, start=1):
        for target in FIGURE.findall(line):
            linked.add(target)
            if not (target.startswith("figures/") and target.endswith(".svg")):
                yield number, f"figure: {target!r} is not shipped; a figure is an SVG file in figures/"
            elif not (stage.assignment / target).is_file():
                yield number, f"figure: {target!r} does not exist"
    for path in sorted((stage.assignment / "figures").glob("*")):
        if f"figures/{path.name}" not in linked:
            yield len(lines), f"figure: 'figures/{path.name}' is not linked in the specification"


def _points(stage: StageFolder, lines: list[str]) -> Problems:
    """The rows of 'How it is marked' beside ``grading.yml``: each test, and what is marked by hand."""
    section = _section(lines, "How it is marked")
    expected = stage.policy.test_points | stage.policy.rubric
    visibility = dict.fromkeys(stage.policy.tests.public, "public") | dict.fromkeys(stage.policy.tests.hidden, "hidden")
    visibility |= dict.fromkeys(stage.policy.rubric, BY_HAND)
    seen: Counter[str] = Counter()
    for number, line in section.items():
        row = ROW.match(line)
        if row is None:
            continue
        name, points = row[1], Decimal(row[2])
        seen[name] += 1
        if name not in expected:
            yield number, f"{name}: not in grading.yml"
        elif points != expected[name]:
            yield number, f"{name}: {points} points here, {expected[name]} in grading.yml"
        elif f"| {visibility[name]} |" not in line:
            yield number, f"{name}: the second column must be {visibility[name]!r}"
        if seen[name] == 2:
            yield number, f"{name}: is in the table twice"
    for name in expected.keys() - seen.keys():
        yield max(section, default=len(lines)), f"{name}: is missing in the table of 'How it is marked'"
