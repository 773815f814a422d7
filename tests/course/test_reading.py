"""grading.yml: every fault at once, each with its line, and what is allowed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import Configuration, read_course
from autograder.course.due import due_moment
from autograder.course.models import LimitsPolicy
from autograder.course.workspace import build_workspace, reference_workspace
from autograder.errors import ConfigurationError, UsageError
from autograder.model import Submission
from autograder.runner.runtimes import TORCH

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A course whose grading.yml may be spoilt."""
    shutil.copy(ROOT / "grading.yml", tmp_path / "grading.yml")
    for folder in ("assignments", "solutions"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    return tmp_path


def faults_after(copy: Path, *changes: tuple[str, str]) -> list[str]:
    """The faults that are reported when parts of the text are replaced."""
    path = copy / "grading.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_course(copy)
    return [str(fault) for fault in caught.value.faults]


def test_this_course_is_valid() -> None:
    """The course that is checked in has no fault."""
    assert "COMP47650" == read_course(ROOT).configuration.module.code


def test_all_faults_come_at_once_with_lines(copy: Path) -> None:
    """A misspelt key, a unit, a sum and an unknown test are all in one report, in the order of their lines."""
    faults = faults_after(
        copy,
        ("percent_a_day", "percent_per_day"),
        ("cpu_seconds: 2", "cpu_seconds: 2s"),
    )
    lines = [int(fault.split(":")[1]) for fault in faults]

    assert sorted(lines) == lines
    assert any("late.percent_per_day: unknown key; did you mean percent_a_day?" in fault for fault in faults)
    assert any("late.percent_a_day: missing" in fault for fault in faults)
    assert any("limits.cpu_seconds: '2s' is not a number; a plain number, in seconds" in fault for fault in faults)


def test_weights_must_add_up(copy: Path) -> None:
    """Components and their parts add up to 100 per cent."""
    faults = faults_after(
        copy, ("weight_percent: 80", "weight_percent: 70"), ("attendance_percent: 25", "attendance_percent: 30")
    )

    assert [
        "components: the weights add up to 90 per cent; 100 per cent",
        "components.engagement: the weights add up to 105 per cent; 100 per cent",
    ] == [fault.split(": ", 1)[1] for fault in faults]


def test_an_item_of_moodle_has_a_name_of_its_own(copy: Path) -> None:
    """Not that of another mark, and not that of a column of the export."""
    items = "{s01_perceptron: {weight: 1}, project: {weight: 2}, 'Quiz (Real)': {weight: 1}, 'Quiz: 1': {weight: 1}}"
    faults = faults_after(copy, ("    drop_lowest: 1", f"    drop_lowest: 1\n    moodle_items: {items}"))

    assert [
        "'Quiz (Real)' is a column of the export, not the item; 'Quiz'",
        "'project' is the name of another mark; a name such as 'Quiz: Week 1'",
        "'s01_perceptron' is the name of another mark; a name such as 'Quiz: Week 1'",
    ] == sorted(fault.split(": ", 2)[2] for fault in faults)


def test_unknown_test_suggests_the_nearest(copy: Path) -> None:
    """A test without code is reported, and so is code without points."""
    text = (copy / "grading.yml").read_text(encoding="utf-8")
    name = next(line.strip().split(":")[0] for line in text.splitlines() if line.strip().startswith("test_"))
    faults = faults_after(copy, (f"{name}:", f"{name}x:"))

    assert any(f"{name}x: no such test in" in fault and f"did you mean {name}?" in fault for fault in faults)
    assert any(f"{name} is in" in fault and "but has no points" in fault for fault in faults)


def test_a_numpy_stage_has_no_gpu(copy: Path) -> None:
    """Only torch computes on a device."""
    faults = faults_after(copy, ("    week: 1\n", "    week: 1\n    device: any\n"))

    assert any("device: any: numpy has no GPU; cpu, or a stage with 'runtime: torch'" in fault for fault in faults)


def test_a_key_given_twice_is_a_fault(copy: Path) -> None:
    """YAML would silently take the last one."""
    faults = faults_after(copy, ("  code: COMP47650", "  code: COMP47650\n  code: COMP1"))

    assert ["module.code: given twice"] == [fault.split(": ", 1)[1][:24] for fault in faults]


def test_broken_yaml_has_a_line(copy: Path) -> None:
    """A syntax error is a fault like any other."""
    (copy / "grading.yml").write_text("module:\n  code: [\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"grading.yml:3: \(YAML\)"):
        read_course(copy)


def test_due_date_outside_the_trimester(copy: Path) -> None:
    """A due date before the stage is taught or after the end cannot be meant."""
    faults = faults_after(copy, ("ends: 2027-05-21", "ends: 2027-01-20"))

    assert all("is outside the trimester" in fault for fault in faults)


@pytest.mark.parametrize(
    "text", ["2027-02-12", "2027-02-12 17:00", "2027-02-30 17:00 Europe/Dublin", "2027-02-12 17:00 Europe/Dubln"]
)
def test_dates_need_a_zone_and_must_exist(text: str) -> None:
    """What is no moment is refused with the form that is wanted."""
    with pytest.raises(ValueError, match="2027-02-12 17:00 Europe/Dublin"):
        due_moment(text)


def test_a_moment_that_the_clocks_skip_is_refused() -> None:
    """At 01:30 on 28 March 2027 Dublin's clocks have gone forward."""
    with pytest.raises(ValueError, match="does not exist in Europe/Dublin"):
        due_moment("2027-03-28 01:30 Europe/Dublin")


def test_no_configuration_at_all(tmp_path: Path) -> None:
    """The message says what to do."""
    with pytest.raises(UsageError, match="give --course FOLDER"):
        read_course(tmp_path)


def test_checked_in_schema_is_the_models() -> None:
    """Editors see what the reader accepts."""
    assert (
        json.loads((ROOT / "docs/grading.schema.json").read_text(encoding="utf-8")) == Configuration.model_json_schema()
    )


def test_a_runtime_is_one_of_those_that_there_are(copy: Path) -> None:
    """Another word, and the truth value of older files, are refused with what is allowed."""
    (fault,) = faults_after(copy, ("    week: 1\n", "    week: 1\n    runtime: jax\n"))
    assert "stages.s01_perceptron.runtime: got 'jax'; input should be 'numpy' or 'torch'" in fault

    (fault,) = faults_after(copy, ("    runtime: jax\n", "    torch: true\n"))
    assert "stages.s01_perceptron.torch: unknown key; allowed: " in fault
    assert "runtime" in fault


def test_a_runtime_raises_the_courses_limits(copy: Path) -> None:
    """A stage's own limits are never changed."""
    path = copy / "grading.yml"
    text = path.read_text(encoding="utf-8").replace("    week: 1\n", "    week: 1\n    runtime: torch\n", 1)
    path.write_text(text, encoding="utf-8")
    course = read_course(copy)
    stage = course.stage("s01_perceptron")
    own = LimitsPolicy(cpu_seconds=1, wall_seconds=1, memory_mib=64, processes=1, output_kib=1, files=8)
    alone = replace(stage, policy=stage.policy.model_copy(update={"limits": own}))

    assert TORCH is stage.runtime
    assert (10, 30, 2048, 128) == (
        stage.limits.cpu_seconds, stage.limits.wall_seconds, stage.limits.memory_mib, stage.limits.files,
    )  # fmt: skip
    assert course.configuration.limits.output_kib == stage.limits.output_kib
    assert course.configuration.limits == course.stage("s02_backprop").limits
    assert own == alone.limits


def test_the_courses_packages_are_given(copy: Path) -> None:
    """They reach the workspace; a name that hides a module is refused."""
    first = "\nstages:\n"
    path = copy / "grading.yml"
    text = path.read_text(encoding="utf-8").replace("packages: [scratch, models, project]", "")
    path.write_text(text.replace(first, "\npackages: [scratch, nets]\nstages:\n"), encoding="utf-8")
    stage = read_course(copy).stage("s01_perceptron")
    assert ("scratch", "nets") == reference_workspace(stage).packages
    assert ("scratch", "nets") == build_workspace(stage, Submission("1")).packages

    path.write_text(text.replace(first, "\npackages: [scratch, torch]\nstages:\n"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"packages\.1: torch is a package .*; a name that hides no other"):
        read_course(copy)


def test_one_stage_a_week_is_due() -> None:
    """No two stages of this course are due in the same week, and each opens in the week in which it is taught."""
    configuration = read_course(ROOT).configuration
    starts = configuration.module.starts
    due = [(stage.due.date() - starts).days // 7 + 1 for stage in configuration.stages.values()]
    opens = [(stage.opens.date() - starts).days // 7 + 1 for stage in configuration.stages.values() if stage.opens]

    assert sorted(set(due)) == due
    assert [stage.week for stage in configuration.stages.values()] == opens


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("opens: 2027-01-18 09:00", "opens: 2027-01-29 17:00"), "s01_perceptron.opens: not before the due date"),
        (("opens: 2027-01-25 09:00", "opens: 2027-02-03 09:00"), "s03_autograd.needs: s02_backprop opens after this"),
        (
            ("opens: 2027-01-18 09:00", "opens: 2027-01-18"),
            "s01_perceptron.opens: '2027-01-18 Europe/Dublin' is not a date",
        ),
    ],
)
def test_opening_dates_are_checked(copy: Path, change: tuple[str, str], words: str) -> None:
    """A stage opens before it is due, and never before a stage that it needs."""
    assert any(words in fault for fault in faults_after(copy, change))


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        (
            ("collaboration: discuss", "collaboration: talk"),
            "policy.collaboration: got 'talk'; input should be 'discuss'",
        ),
        (("references: never", "references: always"), "starter.references: got 'always'; input should be 'never' or"),
        (
            ("generative_ai: declare", "generative_ai: no"),
            "policy.generative_ai: got 'False'; input should be 'forbidden'",
        ),
    ],
)
def test_policies_are_closed_sets(copy: Path, change: tuple[str, str], allowed: str) -> None:
    """A word that is not one of the choices is a fault that lists them."""
    assert any(allowed in fault for fault in faults_after(copy, change))
