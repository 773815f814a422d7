"""A tiny starter as a student unpacks it: no repository, no staff modules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import autograder
from autograder.starter.bundle import KIT, KIT_FOLDERS
from autograder.studentcli.submitting import starter_digest

PACKAGE = Path(autograder.__file__).parent
COPIED = (*KIT, *KIT_FOLDERS)
STARTER = 'def double(x):\n    """Twice x."""\n    raise NotImplementedError("double")\n'
RIGHT = 'def double(x):\n    """Twice x."""\n    print("doubling")\n    return x + x\n'
PROBES = 'def doubled(*, x):\n    from scratch import ops\n\n    return {"y": ops.double(x)}\n'
TESTS = '''
import numpy as np
import pytest

from autograder.testing import assert_close


@pytest.mark.parametrize("x", [1.0, -2.0], ids=["one", "minus two"])
def test_double_worked_example(student, x):
    """Twice one number is that number added to itself."""
    assert_close(student.doubled(x=np.array([x])), {"y": np.array([2 * x])}, rtol=0.0)


@pytest.mark.needs("test_double_worked_example")
def test_double_random(student, rng):
    """Twice random numbers."""
    x = rng.standard_normal(5)
    assert_close(student.doubled(x=x), {"y": 2 * x}, rtol=0.0)
'''


@dataclass(frozen=True)
class Bundle:
    """The unpacked starter."""

    root: Path

    def write(self, path: str, text: str | bytes) -> None:
        """Save a file of the student's."""
        target = self.root / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``python -m`` in the starter's folder."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
        environment = {**kept, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        # the program ``pytest`` does not put this folder on the path, ``python -m autograder`` does
        safe_path = ["-P"] if arguments[0] == "pytest" else []
        command = [sys.executable, *safe_path, "-m", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=600, check=False
        )


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """One stage, ``s00_tiny``, with the starter's file."""
    for name in COPIED:
        source, target = PACKAGE / name, tmp_path / "autograder" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
    bundle = Bundle(tmp_path)
    stage = {
        "title": "Tiny",
        "week": 1,
        "due": "2027-01-29T17:00:00+00:00",
        "files": ["scratch/ops.py"],
        "points": {"test_double_worked_example": 3.0, "test_double_random": 2.0},
        "hidden_points": 5.0,
        "rubric_points": 1.0,
        "budgets": {},
        "memory_budgets": {},
        "starter_sha256": {"scratch/ops.py": starter_digest(STARTER.encode())},
    }
    bundle.write("course.json", json.dumps({"module": "COMP00000", "stages": {"s00_tiny": stage}}))
    bundle.write("conftest.py", 'pytest_plugins = ["autograder.testing.plugin"]\n')
    bundle.write("pytest.ini", "[pytest]\npythonpath = .\naddopts = -q --import-mode=importlib -p no:cacheprovider\n")
    bundle.write("scratch/__init__.py", "")
    bundle.write("scratch/ops.py", STARTER)
    bundle.write("s00_tiny/probes.py", PROBES)
    bundle.write("s00_tiny/test_public.py", TESTS)
    return bundle


@pytest.fixture
def solved(bundle: Bundle) -> Bundle:
    """The same with a right solution that prints."""
    bundle.write("scratch/ops.py", RIGHT)
    return bundle
