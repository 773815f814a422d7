"""Where the parts of a stage lie, and its files as text."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograder.course.mistakes import Mistake, Variant
from autograder.course.models import Configuration, LimitsPolicy, StagePolicy
from autograder.course.regions import strip_solutions
from autograder.errors import UsageError
from autograder.stagenames import choose_stage


@dataclass(frozen=True)
class Course:
    """A checkout of the course."""

    root: Path
    configuration: Configuration

    @property
    def solutions(self) -> Path:
        """Never published, never beside student code."""
        return self.root / "solutions"

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
        """The stage's own limits, else the course's."""
        return self.policy.limits or self.course.configuration.limits

    def reference_files(self) -> dict[str, str]:
        """The reference's text of the files that a student submits."""
        return {path: (self.course.solutions / path).read_text(encoding="utf-8") for path in self.policy.files}

    def starter_files(self) -> dict[str, str]:
        """What a student starts from: the reference without its marked regions."""
        return {path: strip_solutions(text, path) for path, text in self.reference_files().items()}

    def given_files(self) -> dict[str, str]:
        """What the sandbox adds to a submission: released modules and the probes."""
        given = {"scratch/__init__.py": (self.course.solutions / "scratch/__init__.py").read_text(encoding="utf-8")}
        for need in self._all_needs():
            given.update(self.course.stage(need).reference_files())
        given["probes.py"] = self.probes.read_text(encoding="utf-8")
        return {path: text for path, text in given.items() if path not in self.policy.files}

    def _all_needs(self) -> list[str]:
        found: list[str] = []
        waiting = list(self.policy.needs)
        while waiting:
            need = waiting.pop(0)
            if need not in found:
                found.append(need)
                waiting.extend(self.course.stage(need).policy.needs)
        return found

    def mistakes(self) -> tuple[Mistake, ...]:
        """The wrong implementations that the hidden tests must catch."""
        path = self.solution / "mistakes.py"
        return tuple(load_file(path, f"{self.name}_mistakes").MISTAKES) if path.is_file() else ()

    def variants(self) -> tuple[Variant, ...]:
        """The other correct implementations."""
        path = self.solution / "variants.py"
        return tuple(load_file(path, f"{self.name}_variants").VARIANTS) if path.is_file() else ()


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
