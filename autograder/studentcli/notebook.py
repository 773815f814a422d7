"""What the first cell of a notebook sets up: where modules are, and words for code that is not written yet.

A cell that needs such code prints one sentence in place of a traceback and counts as run, so that "Run all" reaches the
cells after it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from autograder.studentcli.machine import how_to_install
from autograder.studentcli.magics import MagicShell, register_magics
from autograder.studentcli.requirements import set_up_packages
from autograder.testing.packing import RELEASED, starter_digest
from autograder.testing.public_course import PublicCourse, find_root, read_public_course


class Events(Protocol):
    """IPython's callbacks."""

    def register(self, event: str, function: Callable[..., None]) -> None:
        """Call ``function`` at each ``event``."""
        ...


class Shell(MagicShell, Protocol):
    """What is used of IPython's shell: ``get_ipython()`` in a cell."""

    user_ns: dict[str, Any]
    events: Events

    def set_custom_exc(self, exc_tuple: tuple[type[BaseException], ...], handler: Callable[..., None]) -> None:
        """Call ``handler`` for these exceptions."""
        ...

    def showtraceback(self, exc_tuple: Any, tb_offset: int | None = None) -> None:
        """Print a traceback as usual."""
        ...


def start_notebook(shell: Shell, folder: Path | None = None) -> None:
    """Prepare a notebook of the bundle; the working folder is its stage's. What is missing is installed, or named.

    Args:
        shell: ``get_ipython()``.
        folder: the stage's; the working folder by default.

    Raises:
        UsageError: the bundle's ``course.json`` is not in the folder or above it, or cannot be read.
    """
    folder = folder or Path.cwd()
    course = read_public_course(find_root(folder))
    packages = course.stages[folder.name].packages if folder.name in course.stages else ()
    if words := set_up_packages(course.root, packages):
        print(words)  # noqa: T201  # a cell's output
    sys.meta_path.insert(0, ReleasedModules(released_in_place_of_stubs(course, folder.name)))
    os.environ["TTY_INTERACTIVE"] = "0"  # rich's own convention: a cell's output cannot show a bar that moves
    unwritten = Unwritten(course, folder.name)
    shell.set_custom_exc((NotImplementedError, NameError, ModuleNotFoundError), unwritten.explain)
    shell.events.register("post_run_cell", unwritten.count_as_run)
    register_magics(shell, course, folder.name)


def released_in_place_of_stubs(course: PublicCourse, stage: str) -> dict[str, Path]:
    """The course's own modules that replace files of other stages which are still as handed out, by module name."""
    found = {}
    for other in course.stages.values():
        for path in other.files if other.name != stage else ():
            ours, own = course.root / RELEASED / path, course.root / path
            untouched = not own.is_file() or starter_digest(own.read_bytes()) == other.starter_sha256.get(path)
            if ours.is_file() and untouched:
                found[path.removesuffix(".py").replace("/", ".")] = ours
    return found


@dataclass(frozen=True)
class ReleasedModules:
    """Finds modules in the bundle's folder of released ones; see :mod:`importlib.abc`."""

    files: Mapping[str, Path]

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  # the protocol's form
        target: object = None,  # noqa: ARG002  # the protocol's form
    ) -> ModuleSpec | None:
        """The specification of a released module."""
        return importlib.util.spec_from_file_location(name, self.files[name]) if name in self.files else None


@dataclass
class Unwritten:
    """Explains exceptions of one notebook's cells that only mean "not written yet"."""

    course: PublicCourse
    stage: str
    seen: bool = False
    explained: list[BaseException] = field(default_factory=list)

    def explain(
        self,
        shell: Shell,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        """Print what to write, or which name a cell above did not make; other exceptions as usual."""
        words = self._words(shell, error, trace)
        if not words:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
            return
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")  # a figure that was begun would be shown empty
        self.explained.append(error)
        print(words)  # noqa: T201  # a cell's output

    def count_as_run(self, result: Any) -> None:
        """Let "Run all" go on after a cell that was explained."""
        if result is not None and any(error is result.error_in_exec for error in self.explained):
            result.error_in_exec = None
            self.explained.clear()

    def _words(self, shell: Shell, error: BaseException, trace: TracebackType) -> str:
        frame, line = list(traceback.walk_tb(trace))[-1]
        if isinstance(error, NameError):
            made_above = self.seen and frame.f_globals is shell.user_ns and error.name not in shell.user_ns
            return f"{error.name} is not there yet: a cell above makes it and needs your work." if made_above else ""
        if isinstance(error, ModuleNotFoundError):
            return self._missing_module(error.name or "", in_cell=frame.f_globals is shell.user_ns)
        try:
            path = Path(frame.f_code.co_filename).resolve().relative_to(self.course.root.resolve()).as_posix()
        except ValueError:
            return ""  # raised in the notebook itself, or by a library
        self.seen = True
        what = frame.f_code.co_qualname.removesuffix(".__init__")
        owner = next((name for name, stage in self.course.stages.items() if path in stage.files), self.stage)
        of_stage = "" if owner == self.stage else f" It belongs to {owner}."
        return (
            f"{what} is not written yet: {path}, line {line}.{of_stage}\n"
            "Write it, restart the kernel, and run the cells again from the top."
        )

    def _missing_module(self, name: str, *, in_cell: bool) -> str:
        """Words for a module of a stage that the bundle does not have yet, or for a package; '' for any other."""
        words = ""
        files = {path for stage in self.course.stages.values() for path in stage.files}
        if name in {package for stage in self.course.stages.values() for package in stage.packages}:
            words = f"{name} is not installed. Run {how_to_install([name])}, then restart the kernel."
        elif in_cell and name.partition(".")[0] in self.course.packages and f"{name.replace('.', '/')}.py" not in files:
            words = f"{name} is not in this bundle yet: it comes with a later stage. Go on with the next section."
        self.seen = self.seen or bool(words)
        return words
