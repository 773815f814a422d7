"""From a fault of a student's process to a finding that they may see."""

from __future__ import annotations

import builtins
import traceback
from pathlib import Path

from autograder.model import KIND_OF_OUTCOME, Finding, FindingKind, Outcome, Place, Visibility, Workspace
from autograder.runner.protocol import StudentFault

# A class of their own could carry a hidden input in its name, so only well-known names are told.
KNOWN_EXCEPTIONS = frozenset(
    {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)}
    | {"LinAlgError", "AxisError"}
)
WORDS = {
    Outcome.TIMED_OUT: "your code did not come to an end within the time limit",
    Outcome.OUT_OF_MEMORY: "your code needed more memory than allowed",
    Outcome.CRASHED: "your program ended in the middle of this test",
    Outcome.FORBIDDEN: "your code tried something that is not allowed here",
}


def fault_finding(fault: StudentFault, workspace: Workspace, visibility: Visibility) -> Finding:
    """What happened to the student's process; exception text is told for public tests only."""
    place = _place(fault, workspace)
    if fault.outcome is not Outcome.ERROR:
        message = fault.reason or WORDS.get(fault.outcome, str(fault.outcome))
        return Finding(KIND_OF_OUTCOME[fault.outcome], message, place=place)
    if fault.exception_type in KNOWN_EXCEPTIONS:
        name = fault.exception_type
        message = f"{name} was raised"
    elif fault.exception_type == "UnsendableError":  # the worker's own; who forges it reads the same words
        name, message = "", "what your code returned is not plain data: arrays, numbers, strings, lists, dicts"
    else:
        name, message = "", "an exception of a class that is not Python's own was raised"
    hint = ""
    if name == "NotImplementedError":
        hint = "This part has not been written yet."
    elif name == "ValueError" and "read-only" in fault.exception_text:
        hint = "Your code writes into an array that was handed to it; copy it first."
    detail = f"{fault.exception_type}: {fault.exception_text}" if visibility is Visibility.PUBLIC else ""
    return Finding(FindingKind.EXCEPTION, message, hint, place, detail, exception_type=name)


def raised_in(error: BaseException, test_file: Path) -> bool:
    """Whether the test's own file holds the ``assert``; one of pytest's or numpy's is a fault of ours."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename) == test_file


def _place(fault: StudentFault, workspace: Workspace) -> Place | None:
    """The line as told by their process, if it can be true."""
    if fault.path not in workspace.student_paths:
        return None
    lines = workspace.modules[fault.path].count(b"\n") + 1
    return Place(fault.path, fault.line) if 1 <= fault.line <= lines else None
