"""Where the parts of a stage are, and its files as text."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from autograder.course.kills import read_kills
from autograder.course.mistakes import Mistake, Variant, wrong_field
from autograder.course.models import Configuration, LimitsPolicy, StagePolicy
from autograder.course.regions import strip_solutions
from autograder.course.textfiles import read_text
from autograder.errors import ConfigurationError, ConfigurationFault, UsageError
from autograder.runner.assembly import is_given
from autograder.runner.runtimes import RUNTIMES, Runtime
from autograder.stagenames import choose_stage

LIBRARY = ("__init__.py", "course/*.py")  # modules in a package that are the course's, whoever imports them
Entry = TypeVar("Entry", Mistake, Variant)


@dataclass(frozen=True)
class Course:
    """A checkout of the course."""

    root: Path
    configuration: Configuration

    @property
    def solutions(self) -> Path:
        """Never published, never beside student code."""
        return self.root / "solutions"

    def package_files(self) -> dict[str, Path]:
        """The course's own modules by their path in a submission: ``PACKAGE/__init__.py`` and ``PACKAGE/course/``."""
        folders = [self.solutions / package for package in self.configuration.packages]
        found = [file for folder in folders for pattern in LIBRARY for file in folder.glob(pattern)]
        return {path.relative_to(self.solutions).as_posix(): path for path in sorted(found)}

    def stage(self, name: str) -> StageFolder:
        """The folders of a stage, by its name or its number (``s04_optimisers``, ``s04``, ``s4``).

        Raises:
            UsageError: ``grading.yml`` has no such stage, or more than one.
        """
        name = choose_stage(name, self.configuration.stages, "grading.yml has")
        return StageFolder(self.root, name, self.configuration.stages[name], self)


@dataclass(frozen=True)
class StageFolder:
    """One stage's two folders."""

    root: Path
    name: str
    policy: StagePolicy
    course: Course

    @property
    def assignment(self) -> Path:
        """What is said in public."""
        return self.root / "assignments" / self.name

    @property
    def solution(self) -> Path:
        """Hidden tests, mistakes, variants, notes."""
        return self.root / "solutions" / self.name

    @property
    def probes(self) -> Path:
        """How a student's code is called."""
        return self.assignment / "probes.py"

    @property
    def public_tests(self) -> Path:
        """Tests that a student may read."""
        return self.assignment / "test_public.py"

    @property
    def hidden_tests(self) -> Path:
        """Tests that never leave the grader."""
        return self.solution / "test_hidden.py"

    @property
    def limits(self) -> LimitsPolicy:
        """The stage's own limits, else the course's, raised to what its runtime needs."""
        if self.policy.limits is not None:
            return self.policy.limits
        limits = self.course.configuration.limits
        needed = self.runtime.least_limits.items()
        return limits.model_copy(update={key: max(least, getattr(limits, key)) for key, least in needed})

    @property
    def runtime(self) -> Runtime:
        """What its code runs on."""
        return RUNTIMES[self.policy.runtime]

    @property
    def packages(self) -> tuple[str, ...]:
        """The course's own packages."""
        return tuple(self.course.configuration.packages)

    def reference_files(self, folder: str = "") -> dict[str, str]:
        """The reference's text of the files that a student submits, or that of a whole solution of the stage's own."""
        root = self._solution_root(folder)
        return {path: self._text(root / path) for path in self.policy.files}

    def reference_resources(self, folder: str = "") -> dict[str, bytes]:
        """The reference's other files that a student submits, or those of a whole solution of the stage's own."""
        root = self._solution_root(folder)
        folders = {root / pattern.partition("/")[0] for pattern in self.policy.resources}
        found = {path.relative_to(root).as_posix(): path for folder in folders for path in folder.rglob("*")}
        wanted = self.policy.resource_filter.wants
        return {path: file.read_bytes() for path, file in sorted(found.items()) if wanted(path) and file.is_file()}

    def _solution_root(self, folder: str) -> Path:
        return self.solution / folder if folder else self.course.solutions

    def starter_files(self) -> dict[str, str]:
        """What a student starts from: the reference without its marked regions."""
        return {path: strip_solutions(text, path) for path, text in self.reference_files().items()}

    def given_files(self) -> dict[str, str]:
        """What the sandbox adds to a submission: released modules and the probes."""
        library = self.course.package_files().items()
        given = {path: self._text(file) for path, file in library if is_given(path, self.policy.files)}
        for need in self.all_needs():
            given.update(self.course.stage(need).reference_files())
        given["probes.py"] = self._text(self.probes)
        return {path: text for path, text in given.items() if path not in self.policy.files}

    @cached_property
    def given_modules(self) -> Mapping[str, bytes]:
        """The same in bytes, read once: every submission of a run gets the same modules, and a class has many."""
        return texts(self.given_files())

    @cached_property
    def handed_out(self) -> frozenset[str]:
        """SHA-256 of the starter's files with both line ends, to know a file that nobody has changed; read once."""
        return frozenset(
            hashlib.sha256(text.replace("\n", line_end).encode()).hexdigest()
            for text in self.starter_files().values()
            for line_end in ("\n", "\r\n")
        )

    def _text(self, path: Path) -> str:
        return read_text(path, self.shown(path))

    def shown(self, path: Path) -> str:
        """How a message names one of the course's files."""
        return path.relative_to(self.root).as_posix()

    def all_needs(self) -> list[str]:
        """The stages whose reference modules are given, those that they need included."""
        found: list[str] = []
        waiting = list(self.policy.needs)
        while waiting:
            need = waiting.pop(0)
            if need not in found:
                found.append(need)
                waiting.extend(self.course.stage(need).policy.needs)
        return found

    @property
    def kills_file(self) -> Path:
        """Which tests kill which mistake; generated."""
        return self.solution / "kills.json"

    @property
    def reference_use_file(self) -> Path:
        """What the reference needs in public time tests; measured by ``autograder starter --measure``."""
        return self.assignment / "budgets.json"

    @property
    def survivors_file(self) -> Path:
        """Mutants that no test kills, each with the verdict of a person."""
        return self.solution / "survivors.toml"

    def kills(self) -> dict[str, tuple[str, ...]] | None:
        """The rows of ``kills.json``, or None where the stage has none yet.

        Raises:
            ConfigurationError: the file is not what ``autograder prove --update`` writes.
        """
        return read_kills(self.kills_file, str(self.kills_file.relative_to(self.root)))

    def mistakes(self) -> tuple[Mistake, ...]:
        """The wrong implementations that the hidden tests must kill, with the tests that do.

        A mistake that has no row in ``kills.json`` yet counts as killed by the tests that it exists for.

        Raises:
            ConfigurationError: a file cannot be imported, or holds something else.
        """
        kills = self.kills() or {}
        return tuple(
            replace(mistake, killed_by=kills.get(mistake.name, mistake.catches))
            for mistake in self._entries("mistakes.py", "MISTAKES", Mistake)
        )

    def variants(self) -> tuple[Variant, ...]:
        """The other correct implementations.

        Raises:
            ConfigurationError: the file cannot be imported, or holds something else.
        """
        return tuple(self._entries("variants.py", "VARIANTS", Variant))

    def _entries(self, file: str, name: str, kind: type[Entry]) -> list[Entry]:
        path = self.solution / file
        if not path.exists():
            return []
        allowed = f"{name} = [{kind.__name__}(...), ...]"

        def fault(line: int, what: str) -> ConfigurationError:
            return ConfigurationError([ConfigurationFault(str(path.relative_to(self.root)), line, name, what, allowed)])

        try:
            read_text(path, self.shown(path))
            entries = getattr(load_file(path, f"{self.name}_{path.stem}"), name, None)
        except ConfigurationError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  # it is Python: its writer sees the line
            raise fault(_line_of(error, path), " ".join(f"{type(error).__name__}: {error}".split())) from None
        if not isinstance(entries, list | tuple) or not all(isinstance(entry, kind) for entry in entries):
            raise fault(1, "missing, or something else in it")
        for number, entry in enumerate(entries, start=1):
            if wrong := wrong_field(entry):
                raise fault(1, f"entry {number}, {str(entry.name)[:60]!r}: {wrong} has a value of another type")
        return list(entries)


def _line_of(error: BaseException, path: Path) -> int:
    """The last line of ``path`` that was running, or the one that is no Python."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] or 1 if lines else 1


def load_file(path: Path, name: str) -> ModuleType:
    """Import a trusted course file under a name of its own, without touching ``sys.path``."""
    return load_source(path, name, [])


def load_package(folder: Path, name: str) -> ModuleType:
    """Import a trusted course folder as the package ``name``."""
    return load_source(folder / "__init__.py", name, [str(folder)])


def load_source(path: Path, name: str, search: list[str]) -> ModuleType:
    """Import one file as ``name``; with ``search`` it is a package."""
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=search or None)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def texts(files: Mapping[str, str]) -> dict[str, bytes]:
    """Files as bytes."""
    return {path: text.encode() for path, text in files.items()}
