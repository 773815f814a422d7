"""What ``course.json`` at the root of the starter says about the stages."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.runner.assembly import ResourceFilter
from autograder.runner.protocol import Limits
from autograder.runner.runtimes import DeviceName
from autograder.stagenames import choose_stage

COURSE_FILE = "course.json"
REMEDY = "unpack the starter again beside your work"


@dataclass(frozen=True)
class ReferenceUse:
    """What the course measured of the reference in one test.

    Attributes:
        yardsticks: its CPU time, as a multiple of the yardstick's.
        result: of the first call, by output: a sum of its values with fixed weights.
    """

    yardsticks: float
    result: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PublicStage:
    """A stage as a student may know it.

    Attributes:
        files: what is submitted, relative to the root, with ``/``.
        points: of the public tests, by function name.
        budgets: allowed multiples of the reference's CPU time, by test.
        memory_budgets: allowed multiples of the reference's peak memory, by test.
        reference_use: what was measured of the reference, by test with its case: ``test_x[case]``.
        starter_sha256: hashes of the files as handed out, line ends as LF; empty where unknown.
        needs: stages whose modules grading adds, those that they need included.
        packages: what can be imported beside the standard library and the course's own modules.
        device: where its code computes when graded.
        limits: of the student's process, the same as when graded.
        resource_filter: which other files are submitted, and how much they may have together.
    """

    name: str
    title: str
    week: int
    due: datetime
    files: tuple[str, ...]
    points: Mapping[str, float]
    hidden_points: float = 0.0
    rubric_points: float = 0.0
    budgets: Mapping[str, float] = field(default_factory=dict)
    memory_budgets: Mapping[str, float] = field(default_factory=dict)
    reference_use: Mapping[str, ReferenceUse] = field(default_factory=dict)
    starter_sha256: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ("numpy",)
    device: DeviceName = DeviceName.CPU
    limits: Limits = field(default_factory=Limits)
    resource_filter: ResourceFilter = field(default_factory=ResourceFilter)


@dataclass(frozen=True)
class PublicCourse:
    """The starter's folder and its stages.

    Attributes:
        packages: the course's own packages, which a student's files are in: ``scratch``, ``models``.
        grader: versions that the grader has: "python", "numpy", "torch".
        library_sha256: hashes of files that are the course's whatever is in them.
    """

    root: Path
    module: str
    stages: Mapping[str, PublicStage]
    packages: tuple[str, ...] = ("scratch", "models")
    grader: Mapping[str, str] = field(default_factory=dict)
    library_sha256: Mapping[str, str] = field(default_factory=dict)

    def stage(self, name: str) -> PublicStage:
        """The stage of that name or number; the folder's name as a shell completes it is accepted.

        Raises:
            UsageError: there is none; the words say which there are.
        """
        return self.stages[choose_stage(name, self.stages, "The stages are:")]


def find_root(start: Path) -> Path:
    """The nearest folder from ``start`` upwards that holds ``course.json``.

    Raises:
        UsageError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / COURSE_FILE).is_file():
            return folder
    raise UsageError(f"no {COURSE_FILE} in {start} or above: go to the folder that you unpacked the starter to")


def read_public_course(root: Path) -> PublicCourse:
    """Read ``course.json``.

    Raises:
        UsageError: it cannot be read, or lacks something; the words begin with file and line.
    """
    path = root / COURSE_FILE
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text)
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read: {error.strerror}; {REMEDY}") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}: this is not JSON: {error.msg}; {REMEDY}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}:1: this is not JSON in UTF-8; {REMEDY}") from None
    name = ""
    try:
        stages = {}
        for name, entry in data["stages"].items():
            stages[name] = _stage(name, entry)
        name = ""
        return PublicCourse(
            root,
            str(data["module"]),
            stages,
            packages=tuple(map(str, data.get("packages", ("scratch", "models")))),
            grader={str(name): str(version) for name, version in data.get("grader", {}).items()},
            library_sha256={str(path): str(digest) for path, digest in data.get("library_sha256", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        line = text[: max(text.find(json.dumps(name)), 0)].count("\n") + 1 if name else 1
        what = f"{error} is missing" if isinstance(error, KeyError) else f"{error}"
        place = f"{name}: " if name else ""
        raise UsageError(f"{path}:{line}: {place}{what}; {REMEDY}") from None


def _stage(name: str, entry: Mapping[str, Any]) -> PublicStage:
    due = datetime.fromisoformat(entry["due"])
    if due.tzinfo is None:
        raise ValueError(f"due: {entry['due']} has no time zone")
    return PublicStage(
        name=name,
        title=str(entry["title"]),
        week=int(entry["week"]),
        due=due,
        files=tuple(map(str, entry["files"])),
        points={test: _finite(points) for test, points in entry["points"].items()},
        hidden_points=_finite(entry.get("hidden_points", 0)),
        rubric_points=_finite(entry.get("rubric_points", 0)),
        budgets={test: _finite(times) for test, times in entry.get("budgets", {}).items()},
        memory_budgets={test: _finite(times) for test, times in entry.get("memory_budgets", {}).items()},
        reference_use={str(test): _reference_use(use) for test, use in entry.get("reference_use", {}).items()},
        starter_sha256={str(file): str(digest) for file, digest in entry.get("starter_sha256", {}).items()},
        needs=tuple(map(str, entry.get("needs", ()))),
        packages=tuple(map(str, entry.get("packages", ("numpy",)))),
        limits=_limits(entry.get("limits", {"cpu_seconds": 2, "wall_seconds": 15})),
        device=DeviceName(entry.get("device", DeviceName.CPU)),
        resource_filter=ResourceFilter(
            tuple(map(str, entry.get("resources", ()))), _finite(entry.get("resources_mib", 32.0))
        ),
    )


def _limits(entry: Mapping[str, Any]) -> Limits:
    kinds = {field.name: int if field.type == "int" else float for field in fields(Limits)}
    if unknown := sorted(set(entry) - set(kinds)):
        raise ValueError(f"limits: {unknown[0]} does not exist")
    found: dict[str, Any] = {name: kinds[name](_finite(value)) for name, value in entry.items()}
    return Limits(**found)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is not a number that can be used")
    return number


def _reference_use(entry: Mapping[str, Any]) -> ReferenceUse:
    result = {str(name): float(value) for name, value in entry["result"].items()}
    return ReferenceUse(float(entry["yardsticks"]), result)
