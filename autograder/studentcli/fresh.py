"""Run the kit in a fresh process from a notebook, and show how far it is in one line that changes."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRESS = "AUTOGRADER_PROGRESS"  # "lines": the process writes its progress to stderr, a line of JSON for each step
LINES = "lines"
LEAST_SECONDS = 0.2  # between two changes of the line
BAR = 20


@dataclass(frozen=True)
class Progress:
    """One step of a run: how many cases are done, of how many, and the sentence of the one that begins."""

    done: int
    total: int
    sentence: str


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit status, and what it printed on both streams, as text."""

    status: int
    printed: str


def write_progress(step: Progress) -> None:
    """One step as a line on stderr, for :func:`run_fresh`."""
    sys.stderr.write(json.dumps([step.done, step.total, step.sentence]) + "\n")
    sys.stderr.flush()


def run_fresh(
    module: str, arguments: Sequence[str], root: Path, show: Callable[[Progress], None], more: Mapping[str, str]
) -> Ended:
    """Run ``python -m MODULE`` in the bundle's folder; ``show`` is called at each step.

    Args:
        module: of the kit.
        arguments: its command line.
        root: the bundle's folder.
        show: gets each step of the progress.
        more: variables of its environment.

    Raises:
        KeyboardInterrupt: the student stopped the cell; the process has ended then.
    """
    environment = {**os.environ, **more, PROGRESS: LINES, "TTY_INTERACTIVE": "0"}
    command = [sys.executable, "-m", module, *arguments]
    others: list[str] = []
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=printed, stderr=subprocess.PIPE)
        assert process.stderr is not None  # it is a pipe
        try:
            for line in process.stderr:
                step = _step(line)
                if step is not None:
                    show(step)
                else:
                    others.append(line.decode("utf-8", "replace"))
            status = process.wait()
        finally:
            process.terminate()  # nothing happens if it has ended
            process.wait()
            process.stderr.close()
        printed.seek(0)
        text = printed.read().decode("utf-8", "replace")
    return Ended(status, text + "".join(others))


def _step(line: bytes) -> Progress | None:
    try:
        done, total, sentence = json.loads(line)
        return Progress(int(done), int(total), str(sentence))
    except (ValueError, TypeError):
        return None


def in_kernel() -> bool:
    """Whether this is a Jupyter kernel, which shows pictures and lines that change."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def display_module() -> Any:
    """``IPython.display``; by name, since a student's terminal may not have it."""
    return importlib.import_module("IPython.display")


class ProgressLine:
    """One line of a cell's output that changes; in a terminal the same with a carriage return; else nothing."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._handle: Any = None
        self._is_terminal = not in_kernel() and sys.stderr.isatty()
        self._last = self._start = time.monotonic()
        self._total = 0
        self._put(f"{what}: starting")

    def show(self, step: Progress) -> None:
        """Change the line, at most five times a second."""
        self._total = step.total
        now = time.monotonic()
        if now - self._last >= LEAST_SECONDS or not step.done:
            self._last = now
            full = BAR * step.done // max(step.total, 1)
            bar = "█" * full + "░" * (BAR - full)
            self._put(f"{self._what}: {bar} {step.done} of {step.total}: {step.sentence[:60]}")

    def end(self, status: int) -> None:
        """Leave what was run and how long it took; nothing where no test was run."""
        seconds = time.monotonic() - self._start
        ended = f"{self._total} test case{'s' * (self._total != 1)}, {seconds:.1f} s"
        self._put(f"{self._what}: {ended}" if self._total and status in (0, 1) else f"{self._what}: ended")
        if self._is_terminal:
            sys.stderr.write("\n")

    def _put(self, text: str) -> None:
        if self._is_terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
        elif in_kernel():
            data = {"text/plain": text}
            if self._handle is None:
                self._handle = display_module().display(data, raw=True, display_id=True)
            else:
                self._handle.update(data, raw=True)
