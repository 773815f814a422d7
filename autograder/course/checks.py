"""Checks of ``grading.yml`` that need more than one value: sums, dates, and the stages' code."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

from autograder.course.folder import Course, StageFolder
from autograder.course.models import Configuration, StagePolicy
from autograder.course.textfiles import read_python
from autograder.course.yaml_lines import LineMap
from autograder.errors import ConfigurationError, ConfigurationFault
from autograder.runner.runtimes import DeviceName, RuntimeName


def _fault(lines: LineMap, key: tuple[str, ...], what: str, allowed: str) -> ConfigurationFault:
    return ConfigurationFault("grading.yml", lines.line(key), ".".join(key), what, allowed)


def check_policies(configuration: Configuration, lines: LineMap) -> Iterator[ConfigurationFault]:
    """Sums, orders and dates within ``grading.yml``."""
    parts = configuration.components
    engagement = parts.engagement
    sums = {
        ("components",): engagement.weight_percent + parts.project.weight_percent,
        ("components", "engagement"): engagement.attendance_percent + engagement.homework_percent,
    }
    for key, total in sums.items():
        if abs(total - 100) > 1e-6:  # a third written as 33.333333 three times still adds up
            yield _fault(lines, key, f"the weights add up to {total:g} per cent", "100 per cent")
    yield from _check_items(configuration, lines)
    percents = [grade.from_percent for grade in configuration.letter_grades]
    if percents != sorted(percents, reverse=True) or len(set(percents)) != len(percents) or percents[-1] != 0:
        yield _fault(
            lines, ("letter_grades",), "not from the best to the worst, down to 0", "falling from_percent, the last 0"
        )
    yield from _check_dates(configuration, lines)


def _check_items(configuration: Configuration, lines: LineMap) -> Iterator[ConfigurationFault]:
    """An item of Moodle's gradebook has a name of its own, and that of the item, not of a column."""
    taken = ("attendance", "project", *configuration.stages)
    for name in configuration.components.engagement.moodle_items:
        key = ("components", "engagement", "moodle_items", name)
        if name in taken:
            yield _fault(lines, key, f"{name!r} is the name of another mark", "a name such as 'Quiz: Week 1'")
        elif name.endswith((" (Real)", " (Percentage)", " (Letter)")):
            what = f"{name!r} is a column of the export, not the item"
            yield _fault(lines, key, what, f"{name.rpartition(' (')[0]!r}")


def _check_dates(configuration: Configuration, lines: LineMap) -> Iterator[ConfigurationFault]:
    module = configuration.module
    if module.ends <= module.starts:
        yield _fault(
            lines, ("module", "ends"), f"{module.ends} is not after {module.starts}", "a date after module.starts"
        )
    for name, stage in configuration.stages.items():
        day = stage.due.astimezone(module.zone).date()
        if not module.starts <= day <= module.ends:
            allowed = f"a moment from {module.starts} to {module.ends}"
            yield _fault(lines, ("stages", name, "due"), f"{day} is outside the trimester", allowed)
        elif (day - module.starts).days < 7 * (stage.week - 1):
            what = f"{day} is before week {stage.week}, in which the stage is taught"
            yield _fault(lines, ("stages", name, "due"), what, "a moment in that week or later")
        yield from _check_opening(name, stage, lines)
        for need in stage.needs:
            if need not in configuration.stages:
                allowed = f"one of {', '.join(configuration.stages)}"
                yield _fault(lines, ("stages", name, "needs"), f"no stage {need!r}", allowed)
            elif need == name:
                yield _fault(lines, ("stages", name, "needs"), "the stage itself", "earlier stages")
            elif configuration.stages[need].due > stage.due:
                what = f"{need} is due after this stage, and its reference is given here"
                yield _fault(lines, ("stages", name, "needs"), what, "stages that are due before")
            elif not _open_before(configuration.stages[need], stage):
                what = f"{need} opens after this stage, which needs it"
                yield _fault(lines, ("stages", name, "needs"), what, "stages that open before or at the same time")


def _check_opening(name: str, stage: StagePolicy, lines: LineMap) -> Iterator[ConfigurationFault]:
    if stage.opens is not None and stage.opens.timestamp() >= stage.due.timestamp():
        yield _fault(lines, ("stages", name, "opens"), f"not before the due date, {stage.due:%Y-%m-%d %H:%M}", "before")


def _open_before(need: StagePolicy, stage: StagePolicy) -> bool:
    """Whether every bundle that has the stage has the one that it needs."""
    if need.opens is None:
        return True
    return stage.opens is not None and need.opens.timestamp() <= stage.opens.timestamp()


def check_folders(course: Course, lines: LineMap) -> Iterator[ConfigurationFault]:
    """Whether each stage's folders hold what its entry names, and the reverse."""
    for name in course.configuration.stages:
        folder = course.stage(name)
        for path in (folder.assignment, folder.solution):
            if not path.is_dir():
                yield _fault(
                    lines,
                    ("stages", name),
                    f"no folder {path.relative_to(course.root)}",
                    "create it: autograder new-stage",
                )
        for index, submitted in enumerate(folder.policy.files):
            if not (course.solutions / submitted).is_file():
                key = ("stages", name, "files", str(index))
                yield _fault(lines, key, f"no reference solutions/{submitted}", "a path that exists under solutions/")
        if folder.assignment.is_dir() and not folder.probes.is_file():
            yield _fault(lines, ("stages", name), f"no file {folder.shown(folder.probes)}", "it calls a student's code")
        yield from _check_tests(folder, lines)


def check_sources(folder: StageFolder) -> Iterator[ConfigurationFault]:
    """Whether the probes and the reference are Python; nothing of them is run."""
    for path in (folder.probes, *(folder.course.solutions / file for file in folder.policy.files)):
        try:
            read_python(path, folder.shown(path))
        except ConfigurationError as error:
            yield from error.faults


def _check_tests(folder: StageFolder, lines: LineMap) -> Iterator[ConfigurationFault]:
    key = ("stages", folder.name, "tests")
    for visibility, path, points in (
        ("public", folder.public_tests, folder.policy.tests.public),
        ("hidden", folder.hidden_tests, folder.policy.tests.hidden),
    ):
        where = folder.shown(path)
        try:
            in_code = set(test_names(path, where))
        except ConfigurationError as error:
            yield from error.faults
            continue
        for test in points:
            if test not in in_code:
                close = difflib.get_close_matches(test, in_code, 1)
                allowed = f"did you mean {close[0]}?" if close else f"a test in {where}"
                yield _fault(lines, (*key, visibility, test), f"no such test in {where}", allowed)
        for test in sorted(in_code - set(points)):
            yield _fault(lines, (*key, visibility), f"{test} is in {where} but has no points", f"{test}: POINTS")
    if folder.policy.device is not DeviceName.CPU and folder.policy.runtime is not RuntimeName.TORCH:
        allowed = "cpu, or a stage with 'runtime: torch'"
        yield _fault(lines, (*key[:2], "device"), f"{folder.policy.device}: numpy has no GPU", allowed)
    for key_of_budgets in ("budgets", "memory_budgets"):
        for test in getattr(folder.policy, key_of_budgets):
            if test not in folder.policy.test_points:
                yield _fault(lines, (*key[:2], key_of_budgets, test), "no such test", "a test of this stage")
    both = set(folder.policy.tests.public) & set(folder.policy.tests.hidden)
    for test in sorted(both):
        yield _fault(lines, (*key, "hidden", test), "public and hidden", "one of the two")


def test_names(path: Path, shown: str) -> list[str]:
    """Names of the test functions of a file, read without running it.

    Raises:
        ConfigurationError: it is no Python.
    """
    if not path.exists():
        return []
    tree = read_python(path, shown)
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
