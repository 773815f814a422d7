"""The corpus as data: what each file declares, and the submission that it makes. Nothing here runs its code."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autograder.model import Outcome, Workspace
from autograder.runner.protocol import Limits, Value

HERE = Path(__file__).parent
LIMITS = Limits(cpu_seconds=0.5, wall_seconds=15, memory_mib=256)
SLEEPER_LIMITS = dataclasses.replace(LIMITS, wall_seconds=1.5)
TORCH_LIMITS = Limits(cpu_seconds=5, wall_seconds=60, memory_mib=512, files=128)
BENIGN_LIMITS = Limits(cpu_seconds=10, wall_seconds=60, memory_mib=512)
# the worst of a submission's four outcomes is the one that its file declares
SEVERITY = (
    Outcome.PASSED,
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.TIMED_OUT,
    Outcome.OUT_OF_MEMORY,
    Outcome.CRASHED,
    Outcome.FORBIDDEN,
    Outcome.GRADER_FAULT,
)


@dataclass(frozen=True)
class Case:
    """One submission.

    Attributes:
        expect: outcomes of which its worst must be one.
        points: how many of the four tests it may pass at most: its honest part.
        files: beside ``scratch/optim.py``, its source.
        patient: the limit of processor time alone must stop it, so the clock has time.
        torch: it runs with torch in the process.
    """

    name: str
    sentence: str
    source: bytes
    expect: tuple[Outcome, ...]
    points: int
    files: Mapping[str, str] = field(default_factory=dict)
    patient: bool = False
    torch: bool = False

    @property
    def limits(self) -> Limits:
        """Limits of its calls: on a loaded machine only those that sleep may reach the limit of the clock."""
        if self.torch:
            return TORCH_LIMITS
        return SLEEPER_LIMITS if self.expect == (Outcome.TIMED_OUT,) and not self.patient else LIMITS


def read_case(path: Path) -> Case:
    """Return what a file declares, read as a syntax tree."""
    tree = ast.parse(path.read_bytes())
    declared = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id in ("EXPECT", "POINTS", "FILES", "PATIENT")
    }
    expect = declared.get("EXPECT", "passed")
    words = (expect,) if isinstance(expect, str) else expect
    return Case(
        name=path.stem,
        sentence=ast.get_docstring(tree) or "",
        source=path.read_bytes(),
        expect=tuple(Outcome(word) for word in words),
        points=declared.get("POINTS", len(TESTS)),
        files=declared.get("FILES", {}),
        patient=declared.get("PATIENT", False),
        torch=path.parent.name == "torch_corpus",
    )


def read_cases(folder: str) -> list[Case]:
    """Return the cases of ``corpus``, ``torch_corpus`` or ``benign``, in order of their names."""
    return [read_case(path) for path in sorted((HERE / folder).glob("*.py"))]


def make_workspace(source: bytes, files: Mapping[str, str] | None = None) -> Workspace:
    """Return a submission to the fixture stage, with the released modules and the probes beside it."""
    stage = HERE / "stage"
    student = {"scratch/optim.py": source, **{path: text.encode() for path, text in (files or {}).items()}}
    released = {
        "scratch/honest.py": (stage / "scratch" / "honest.py").read_bytes(),
        "scratch/raw.py": (stage / "scratch" / "raw.py").read_bytes(),
        "probes.py": (stage / "probes.py").read_bytes(),
    }
    return Workspace({**student, **released}, frozenset(student))


def honest_workspace(secret: str) -> Workspace:
    """Return a correct submission that has a secret in its source."""
    return make_workspace(f"from scratch.honest import *\nMINE = {secret!r}\n".encode())


def _inputs(seed: int, lr: float) -> dict[str, Value]:
    rng = np.random.default_rng(seed)
    return {"weight": rng.standard_normal(5), "grads": rng.standard_normal((6, 5)), "lr": lr}


TESTS: tuple[tuple[str, dict[str, Value]], ...] = (
    ("sgd_path", {**_inputs(1, 0.1), "momentum": 0.9}),
    ("sgd_path", {**_inputs(2, 0.2), "momentum": 0.0}),
    ("adam_path", _inputs(3, 0.01)),
    ("clip", {"grads": list(np.random.default_rng(4).standard_normal((2, 3, 4))), "max_norm": 1.0}),
)
