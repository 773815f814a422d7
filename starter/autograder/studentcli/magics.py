"""In a notebook: ``%check`` runs public tests in a fresh process, ``%%submit PATH`` writes a cell to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from autograder.errors import AutograderError, UsageError
from autograder.runner.submitcells import is_module_path
from autograder.studentcli.fresh import ProgressLine, run_fresh
from autograder.studentcli.machine import missing_packages
from autograder.testing.packing import starter_digest
from autograder.testing.public_course import PublicCourse, find_root, read_public_course

BACKUP = ".autograder-backup"
WIDTH = 100


class MagicShell(Protocol):
    """What is used of IPython's shell."""

    def register_magic_function(self, func: Callable[..., None], magic_kind: str, magic_name: str) -> None:
        """Make a function a magic."""
        ...

    def run_line_magic(self, magic_name: str, line: str) -> Any:
        """Run a magic."""
        ...


@dataclass(frozen=True)
class Magics:
    """The magics of one notebook.

    Attributes:
        course: of the bundle.
        stage: the notebook's; '' where the folder is no stage's.
    """

    course: PublicCourse
    stage: str

    def check(self, line: str) -> None:
        """Run public tests: ``%check``, ``%check test_x test_y``, ``%check s04``."""
        words = line.split()
        tests = [word for word in words if word.startswith("test_")]
        stages = [word for word in words if not word.startswith("test_")] or [self.stage]
        if len(stages) > 1 or not stages[0]:
            raise UsageError("name one stage: %check s04, or %check s04 test_adam_worked_example")
        arguments = ["check", stages[0], *(word for test in tests for word in ("--only", test))]
        progress = ProgressLine(f"check {stages[0]}")
        colours = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
        ended = run_fresh("autograder", arguments, self.course.root, progress.show, colours)
        progress.end(ended.status)
        if missing_packages(["rich"]):
            print(ended.printed)  # noqa: T201  # a cell's output
            return
        from rich.console import Console  # the first cell runs without it, too
        from rich.text import Text

        shown = Text.from_ansi(ended.printed)
        Console(width=WIDTH).print(shown, soft_wrap=True)  # HTML in Jupyter and Colab, text elsewhere

    def submit(self, line: str, cell: str) -> None:
        """Write the cell to a file: ``%%submit scratch/optim.py``. One cell is the whole file."""
        path = line.strip()
        files = [one for stage in self.course.stages.values() for one in stage.files]
        if not is_module_path(path) or path.partition("/")[0] not in self.course.packages:
            raise UsageError(f"%%submit {path}: name a file of the stage, such as {files[0] if files else 'x.py'}")
        try:
            compile(cell, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            raise UsageError(f"{path} was not written: {error}") from None
        target, data = self.course.root / path, cell.encode()
        if kept := self._keep(path, target, data):
            print(f"The file as it was is {kept}.")  # noqa: T201  # a cell's output
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        print(f"{path}: written, {len(cell.splitlines())} lines.")  # noqa: T201  # a cell's output

    def _keep(self, path: str, target: Path, data: bytes) -> str:
        """Copy a file that somebody wrote before it is replaced; '' where nothing is lost."""
        before = target.read_bytes() if target.is_file() else data
        handed_out = {stage.starter_sha256.get(path) for stage in self.course.stages.values()}
        if before == data or starter_digest(before) in handed_out:
            return ""
        kept = Path(BACKUP, f"{path}.before-submit")
        (self.course.root / kept).parent.mkdir(parents=True, exist_ok=True)
        (self.course.root / kept).write_bytes(before)
        return kept.as_posix()


def register_magics(shell: MagicShell, course: PublicCourse, stage: str) -> None:
    """Make ``%check`` and ``%%submit`` known to a notebook, and let edited modules be imported anew."""
    magics = Magics(course, stage if stage in course.stages else "")
    shell.register_magic_function(_saying(magics.check), "line", "check")
    shell.register_magic_function(_saying(magics.submit), "cell", "submit")
    shell.run_line_magic("reload_ext", "autoreload")
    shell.run_line_magic("autoreload", "2")


def load_here(shell: MagicShell) -> None:
    """``%load_ext autograder``: the bundle is in the working folder or above it.

    Raises:
        UsageError: there is none.
    """
    folder = Path.cwd()
    register_magics(shell, read_public_course(find_root(folder)), folder.name)


def _saying(function: Callable[..., None]) -> Callable[..., None]:
    """A fault is one sentence in the output, not a traceback; so is a cell that the student stops."""

    def magic(*arguments: str) -> None:
        said(lambda: function(*arguments))

    return magic


def said(action: Callable[[], None]) -> None:
    """Do it; a fault of the student's, or a cell that they stop, is one sentence in the output."""
    try:
        action()
    except AutograderError as error:
        print(error)  # noqa: T201  # a cell's output
    except KeyboardInterrupt:
        print("Stopped. Your files are as they were.")  # noqa: T201  # a cell's output
