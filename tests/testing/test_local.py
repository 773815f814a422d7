"""Tests on a student's own machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.errors import UsageError
from autograder.runner.protocol import Limits
from autograder.testing import CheckFailed
from autograder.testing.local import LocalHarness, bundle_root, local_workspace
from autograder.testing.seeds import public_seed

OPS = """
import os

calls = []

def double(x):
    print("doubling")
    calls.append(1)
    if x[0] == 13:
        os._exit(1)
    if x[0] == 14:
        while True:
            pass
    if x[0] == 15:
        raise ValueError("unlucky")
    return 2 * x, len(calls)
"""
PROBES = """
def doubled(*, x):
    from scratch import ops
    y, calls = ops.double(x)
    return {"y": y, "calls": calls}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A starter of one stage."""
    files = {
        "scratch/__init__.py": "",
        "scratch/ops.py": OPS,
        "scratch/used.py": "x = 1\n",
        "scratch/later.py": "def half(:\n",
        "s00_tiny/probes.py": PROBES,
        "course.json": json.dumps({"stages": {"s00_tiny": {"files": ["scratch/ops.py"]}}}),
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.fixture
def harness(root: Path) -> Iterator[LocalHarness]:
    """Its harness, with little patience."""
    harness = LocalHarness(root, root / "s00_tiny", Limits(cpu_seconds=1, wall_seconds=60))
    yield harness
    harness.close()


def call(harness: LocalHarness, x: float) -> object:
    """How many calls the process has seen."""
    return harness.call_student("doubled", {"x": np.array([x])}, shapes=True)["calls"]


def test_a_session_is_kept_and_opened_anew_after_its_end(harness: LocalHarness):
    """Calls share a process; after an exit or a loop there is a new one, after an exception the same."""
    seen = [call(harness, 1.0), call(harness, 1.0)]
    for unlucky in (15.0, 13.0, 14.0):
        with pytest.raises(CheckFailed):
            call(harness, unlucky)
        seen.append(call(harness, 1.0))

    assert [1, 2, 4, 1, 1] == seen


@pytest.mark.parametrize(("x", "kind"), [(13.0, "crash"), (14.0, "time"), (15.0, "exception")])
def test_faults_are_failed_checks(harness: LocalHarness, x: float, kind: str):
    """With the kind of what happened."""
    with pytest.raises(CheckFailed) as caught:
        call(harness, x)

    assert kind == caught.value.finding.kind


def test_exceptions_are_told_with_text_and_line(harness: LocalHarness):
    """A public test shows everything."""
    with pytest.raises(CheckFailed) as caught:
        call(harness, 15.0)

    assert "ValueError: unlucky" == caught.value.finding.detail
    assert "scratch/ops.py, line 15" == str(caught.value.finding.place)


def test_output_is_passed_on_and_usage_added_up(harness: LocalHarness, capsys: pytest.CaptureFixture[str]):
    """What the code printed stands in this process's output; asking for the usage starts anew."""
    call(harness, 1.0)

    assert "doubling\n" == capsys.readouterr().out
    assert harness.take_usage().wall_seconds > 0
    assert 0.0 == harness.take_usage().wall_seconds


def test_there_is_no_reference(harness: LocalHarness):
    """A public test that asks for one is told so."""
    with pytest.raises(UsageError, match="no reference on this machine"):
        harness.call_reference("doubled", {})


def test_budgets_run_the_code_once(harness: LocalHarness):
    """Nothing is compared, but a loop is found."""
    harness.check_budget("time", "doubled", lambda rng: {"x": rng.standard_normal(3)}, 4.0, 7)
    with pytest.raises(CheckFailed):
        harness.check_budget("time", "doubled", lambda rng: {"x": np.array([14.0])}, 4.0, 7)


def test_seeds_are_the_same_everywhere(harness: LocalHarness):
    """A public test has the same random numbers on every machine, and another test has others."""
    assert 214165137270896483400528208635169583928 == harness.seed("test_public::test_x")
    assert public_seed("test_public::test_x") != public_seed("test_public::test_y")


@pytest.mark.parametrize("form", ["from .used import x", "from . import used", "from scratch import used"])
def test_only_what_the_stage_imports_is_the_students(root: Path, form: str):
    """A broken file of a later stage is carried along and never imported by us."""
    (root / "scratch/ops.py").write_text(f"{form}\nimport scratch.missing\n")
    workspace = local_workspace(root, root / "s00_tiny")

    assert {"scratch/ops.py", "scratch/used.py"} == workspace.student_paths
    assert "scratch/later.py" in workspace.modules


def test_a_missing_file_is_named(root: Path):
    """The workspace knows which required files are not there."""
    (root / "scratch/ops.py").unlink()

    assert ("scratch/ops.py",) == local_workspace(root, root / "s00_tiny").missing


def test_missing_probes_are_the_courses(root: Path):
    """The words say what to do."""
    (root / "s00_tiny/probes.py").unlink()
    with pytest.raises(UsageError, match="unpack the starter again"):
        local_workspace(root, root / "s00_tiny")


def test_the_root_is_where_course_json_lies(root: Path):
    """Else what pytest takes for it."""
    assert root == bundle_root(root / "s00_tiny", Path("/nowhere"))
    assert Path("/nowhere") == bundle_root(Path("/s00_tiny"), Path("/nowhere"))
