"""Tests on a student's own machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.errors import UsageError
from autograder.runner.protocol import Limits
from autograder.testing import CheckFailed, Form
from autograder.testing.local import LocalHarness, bundle_root, home_stage
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


STAGE = {
    "title": "Tiny",
    "week": 1,
    "due": "2027-01-29T17:00:00+00:00",
    "files": ["scratch/ops.py"],
    "points": {},
    "limits": {"cpu_seconds": 2, "wall_seconds": 30},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A starter of one stage."""
    files = {
        "scratch/__init__.py": "",
        "scratch/ops.py": OPS,
        "scratch/used.py": "x = 1\n",
        "scratch/later.py": "def half(:\n",
        "s00_tiny/probes.py": PROBES,
        "course.json": json.dumps({"module": "T", "stages": {"s00_tiny": STAGE}}),
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


RESOURCES = """
def claim():
    from importlib.resources import files
    return {"claim": (files("scratch") / "runs/claim.txt").read_text(), "names": list("ab"), "other": 1}
"""


def test_other_files_reach_the_process_and_results_have_a_form(root: Path):
    """As when grading: by importlib.resources, by the stage's patterns, and with what the form names."""
    stage = STAGE | {"resources": ["scratch/runs/*"]}
    (root / "course.json").write_text(json.dumps({"module": "T", "stages": {"s00_tiny": stage}}))
    (root / "s00_tiny/probes.py").write_text(RESOURCES)
    (root / "scratch/runs").mkdir()
    (root / "scratch/runs/claim.txt").write_text("12")
    (root / "scratch/left_out.txt").write_text("13")
    harness = LocalHarness(root, root / "s00_tiny")
    try:
        outputs = harness.call_formed("claim", {}, {"claim": Form(""), "names": Form([])})
        with pytest.raises(CheckFailed, match="claim: expected a number, got a string"):
            harness.call_formed("claim", {}, {"claim": Form(0.0)})
        with pytest.raises(CheckFailed, match="value: nothing was returned"):
            harness.call_formed("claim", {}, {"value": Form(0.0)})
    finally:
        harness.close()

    assert ["scratch/ops.py", "scratch/runs/claim.txt"] == [
        file.path for file in home_stage(root, "s00_tiny").packed.files
    ]
    assert {"claim": "12", "names": ["a", "b"]} == dict(outputs)


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
    """What the code printed is in this process's output; reading the usage resets it."""
    call(harness, 1.0)

    assert "doubling\n" == capsys.readouterr().out
    assert harness.take_usage().wall_seconds > 0
    assert 0.0 == harness.take_usage().wall_seconds


def test_there_is_no_reference(harness: LocalHarness):
    """A public test that uses one gets an error."""
    with pytest.raises(UsageError, match="not on this machine"):
        harness.call_reference("doubled", {})


def test_budgets_run_the_code_once(harness: LocalHarness):
    """Nothing is compared, but a loop is found."""
    harness.check_budget("time", "doubled", lambda rng: {"x": rng.standard_normal(3)}, 4.0, "test_public::test_x")
    with pytest.raises(CheckFailed):
        harness.check_budget("time", "doubled", lambda rng: {"x": np.array([14.0])}, 4.0, "test_public::test_x")
    assert harness.take_budget_use() is None


def test_seeds_are_the_same_everywhere(harness: LocalHarness):
    """A public test has the same random numbers on every machine, and another test has others."""
    assert 214165137270896483400528208635169583928 == harness.seed("test_public::test_x")
    assert public_seed("test_public::test_x") != public_seed("test_public::test_y")


@pytest.mark.parametrize(
    "form",
    [
        "from .used import x",
        "from . import used",
        "from scratch import used",
        "import scratch.used as u",
        "import importlib\nimportlib.import_module('scratch.used')",
        "def later():\n    from scratch.used import x",
    ],
)
def test_what_a_file_imports_of_the_students_is_packed(root: Path, form: str):
    """Helpers go into the zip however they are imported; what nothing imports does not."""
    (root / "scratch/ops.py").write_text(f"{form}\nimport scratch.missing\n")
    home = home_stage(root, "s00_tiny")

    assert ["scratch/ops.py", "scratch/used.py"] == [file.path for file in home.packed.files]
    assert ("scratch/later.py",) == home.packed.left_out
    assert {"scratch/ops.py", "scratch/used.py"} == home.workspace.student_paths


def test_a_helper_beside_the_package_is_packed(root: Path):
    """A module at the top of the bundle, and what it imports in turn."""
    (root / "scratch/ops.py").write_text("import tools.deep\n")
    (root / "tools").mkdir()
    (root / "tools/__init__.py").write_text("")
    (root / "tools/deep.py").write_text("import more\n")
    (root / "more.py").write_text("import random\n")
    (root / "random.py").write_text("not Python's, and never imported")

    packed = [file.path for file in home_stage(root, "s00_tiny").packed.files]
    assert ["more.py", "scratch/ops.py", "tools/__init__.py", "tools/deep.py"] == packed


def test_a_missing_file_is_named(root: Path):
    """The workspace knows which required files are not there."""
    (root / "scratch/ops.py").unlink()

    assert ("scratch/ops.py",) == home_stage(root, "s00_tiny").packed.missing


def test_missing_probes_are_the_courses(root: Path):
    """The words say what to do."""
    (root / "s00_tiny/probes.py").unlink()
    with pytest.raises(UsageError, match="unpack the starter again"):
        home_stage(root, "s00_tiny")


def test_a_time_out_names_its_limit_and_the_line(harness: LocalHarness):
    """The line that was being run when time was up."""
    with pytest.raises(CheckFailed) as caught:
        call(harness, 14.0)

    assert "1 seconds of processor time" in caught.value.finding.message
    assert caught.value.finding.place is not None
    assert caught.value.finding.place.line in (12, 13)


@pytest.mark.parametrize(
    ("line", "exception"),
    [
        ("import pytest", "ModuleNotFoundError"),
        ("import autograder", "ModuleNotFoundError"),
        ("open('/etc/hostname')", "FileNotFoundError"),
        ("import os; os.listdir('/')", "FileNotFoundError"),
        ("import os; os.environ['PATH']", "KeyError"),
        (
            "import pathlib; pathlib.Path.home().joinpath('x').write_text('x'); open('x'); open('course.json')",
            "FileNotFoundError",
        ),
    ],
)
def test_what_grading_does_not_have_is_not_there(root: Path, line: str, exception: str):
    """Packages, files and variables of this machine are out of sight, as they are for the grader."""
    (root / "scratch/ops.py").write_text(f"def double(x):\n    {line}\n")
    harness = LocalHarness(root, root / "s00_tiny")
    with pytest.raises(CheckFailed) as caught:
        call(harness, 1.0)
    harness.close()

    assert f"{exception} was raised" == caught.value.finding.message
    assert "scratch/ops.py, line 2" == str(caught.value.finding.place)


@pytest.mark.parametrize(
    "line",
    [
        "import subprocess; subprocess.run(['true'])",
        "import socket; socket.socket()",
        "open('/tmp/autograder-must-not-be-written', 'w')",
        "import os, numpy; os.rmdir(os.path.dirname(numpy.__file__))",
        "import os; os.fork()",
    ],
)
def test_what_grading_refuses_is_refused(root: Path, line: str):
    """Programs, network and other folders, with the line."""
    (root / "scratch/ops.py").write_text(f"def double(x):\n    {line}\n")
    harness = LocalHarness(root, root / "s00_tiny")
    with pytest.raises(CheckFailed) as caught:
        call(harness, 1.0)
    harness.close()

    assert "forbidden" == caught.value.finding.kind
    assert "scratch/ops.py, line 2" == str(caught.value.finding.place)


def test_the_root_is_where_course_json_lies(root: Path):
    """Else what pytest takes for it."""
    assert root == bundle_root(root / "s00_tiny", Path("/nowhere"))
    assert Path("/nowhere") == bundle_root(Path("/s00_tiny"), Path("/nowhere"))
