"""Turns a fault of a student's process into a finding that the student may read."""

from __future__ import annotations

import ast
import builtins
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.model import KIND_OF_OUTCOME, Finding, FindingKind, Outcome, Place, Visibility, Workspace
from autograder.runner.exchange import REASON_OF_CLASS, TOO_SLOW
from autograder.runner.protocol import StudentFault
from autograder.testing.near_names import missing_name, names_in

# A class defined by the student could have a hidden input as its name, so only well-known names are shown.
KNOWN_EXCEPTIONS = frozenset(
    {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)}
    | {"LinAlgError", "AxisError"}
)
SENTENCE = {
    Outcome.TIMED_OUT: TOO_SLOW,
    Outcome.OUT_OF_MEMORY: REASON_OF_CLASS["memory"],
    Outcome.CRASHED: "your program ended during this test",
    Outcome.FORBIDDEN: REASON_OF_CLASS["refused"],
}
NOT_WRITTEN_AT_IMPORT = (
    "This part is not written yet, and it runs when the file is imported. Until you write it, nothing in the"
    " file works."
)
# An exception that was raised where results are used: neither text nor line of it help.
NOT_IN_YOUR_FILES = "The error was raised in the code that calls yours, not in your files. "
SPELLING = f"{NOT_IN_YOUR_FILES}Is each file there, and does it define each name of the task with the same spelling?"
ARGUMENTS = (
    f"{NOT_IN_YOUR_FILES}Do your functions take the arguments of the task, by the same names, and return what it asks"
    " for?"
)
VALUES = (
    f"{NOT_IN_YOUR_FILES}Does all that your code returns and stores have the shape and the type that the task asks for?"
)
HINT_OF_CALLER = {
    "AttributeError": SPELLING,
    "ImportError": SPELLING,
    "ModuleNotFoundError": SPELLING,
    "TypeError": ARGUMENTS,
}
ENDLESS = (
    "Is there a loop that never ends, or a Python loop over single numbers that one array operation could replace?"
)
UNSENDABLE = {
    "UnsendableError": "your code returned something that is not plain data (arrays, numbers, text, lists, dicts)",
    "TooLargeError": "your code returned more than can be sent to the grader: too much data, too many axes or levels,"
    " or too long an integer, text or key",
}


def fault_finding(fault: StudentFault, workspace: Workspace, visibility: Visibility) -> Finding:
    """What happened to the student's process; exception text is shown for public tests only."""
    place = _place(fault, workspace)
    if place is None and fault.at_import and fault.outcome is Outcome.TIMED_OUT:
        place = slow_import_line(workspace)
    if fault.outcome is not Outcome.ERROR:
        message = fault.reason or SENTENCE.get(fault.outcome, str(fault.outcome))
        hint = ENDLESS if fault.outcome is Outcome.TIMED_OUT and not fault.at_import else ""
        return Finding(KIND_OF_OUTCOME[fault.outcome], message, hint, place)
    if fault.exception_type in KNOWN_EXCEPTIONS:
        name = fault.exception_type
        message = f"{name} was raised"
    elif fault.exception_type in UNSENDABLE:  # raised by our worker; if forged, the message is the same
        name, message = "", UNSENDABLE[fault.exception_type]
    else:
        name, message = "", "an exception of a class that is not built into Python was raised"
    hint = ""
    if name == "NotImplementedError":
        hint = NOT_WRITTEN_AT_IMPORT if fault.at_import else "This part is not written yet."
    elif name == "ValueError" and "read-only" in fault.exception_text:
        hint = "Your code changes one of its input arrays; make a copy first."
    elif name in ("TypeError", "AttributeError") and "NoneType" in fault.exception_text:
        hint = "A value is None here. Does each function that should return a value end with return?"
    is_public = visibility is Visibility.PUBLIC
    hint = (meant_name(name, fault.exception_text, workspace) if is_public else "") or hint
    if not hint and name and place is None and not fault.at_import:
        hint = HINT_OF_CALLER.get(name, VALUES)
    detail = f"{fault.exception_type}: {fault.exception_text}" if is_public else ""
    return Finding(FindingKind.EXCEPTION, message, hint, place, detail, exception_type=name, at_import=fault.at_import)


def meant_name(exception_type: str, text: str, workspace: Workspace) -> str:
    """A name of the student's files like the one that was not found; the text must be one that may be shown."""
    missing = missing_name(exception_type, text)
    if missing is None or missing.path not in workspace.student_paths:
        return ""
    near = missing.near(sorted(names_in(workspace.modules[missing.path])))
    if near:
        return f"{missing.path} has {near}, not {missing.name}. Names must be spelt as in the task."
    return f"{missing.path} has no {missing.name}. Did you delete or rename it?"


LINES_SHOWN = 9999  # of one file: compiled code can report any line that exists, and so send a number
UNUSABLE = "a value that your code returned could not be used by this test"
UNUSABLE_HINT = "Are all numbers finite, and integers where integers are asked for (no floats, no truth values)?"
OF_A_BROKEN_TEST = (AutograderError, NameError, ImportError, SyntaxError, NotImplementedError)


def may_be_of_values(error: BaseException) -> bool:
    """Whether values from outside can make sound code raise this: NaN as an integer can, a misspelt name cannot."""
    return isinstance(error, Exception | pytest.fail.Exception) and not isinstance(error, OF_A_BROKEN_TEST)


def raised_in(error: BaseException, test_file: Path) -> bool:
    """Whether the ``assert`` is in the test's own file; one in pytest or numpy is a fault of the grader."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename) == test_file


def _place(fault: StudentFault, workspace: Workspace) -> Place | None:
    """The line that the process reported, if it exists."""
    if fault.path not in workspace.student_paths:
        return None
    lines = workspace.modules[fault.path].count(b"\n") + 1
    return Place(fault.path, fault.line) if 1 <= fault.line <= min(lines, LINES_SHOWN) else None


def slow_import_line(workspace: Workspace) -> Place | None:
    """The first line of the student's files that can take long when it is imported: a loop, else a call, at the top.

    It is read from the text that was submitted, since a process that was stopped reports no line.
    """
    calls: list[Place] = []
    for path in sorted(workspace.student_paths):
        try:
            tree = ast.parse(workspace.modules[path])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in _run_at_import(tree.body):
            if isinstance(node, ast.While | ast.For):
                return Place(path, node.lineno)
            if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
                calls.append(Place(path, node.lineno))
    return calls[0] if calls else None


def _run_at_import(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a file is imported, those within if, try, with and class included."""
    for node in statements:
        yield node
        for name in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
                yield from _run_at_import(getattr(node, name, []))
