"""Which hidden tests are refused for what they would show: a student's value in the message of a check.

A submission chooses its results; text or an exact number of them in a message would carry hidden inputs to the
student's page. Words, and values that the test itself has chosen, are right.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.course.textfiles import read_python
from autograder.errors import ConfigurationError, ConfigurationFault

SOURCE = "student"
COMPARISONS = ("assert_close", "assert_gradient")
ALLOWED = "allowed: words, and values that the test has chosen itself"
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def refused_by_messages(files: Iterable[Path], root: Path) -> list[ConfigurationFault]:
    """Messages of hidden tests with a value that a student's code returned, as ``file:line: test: what``."""
    found: list[ConfigurationFault] = []
    for path in files:
        shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
        with contextlib.suppress(ConfigurationError):
            for node in read_python(path, shown).body:
                if isinstance(node, FunctionNode):
                    found += [ConfigurationFault(shown, line, node.name, what, ALLOWED) for line, what in _in(node)]
    return sorted(set(found))


def _in(function: FunctionNode) -> Iterator[tuple[int, str]]:
    returned = {SOURCE} & {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}
    before = -1
    while len(returned) != before:  # names may be used before the line that gives them a value, in a loop
        before = len(returned)
        for node in ast.walk(function):
            returned |= set(_given_names(node, returned, function))
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        for message in _messages(node):
            for part in _formatted(message, function):
                if _names(part) & returned:
                    yield node.lineno, f"the message has {ast.unparse(part)}, which a student's code returned"


def _messages(call: ast.Call) -> list[ast.expr]:
    """What a check shows of its arguments."""
    name = getattr(call.func, "id", "")
    if name == "assert_that":
        return call.args[1:] + [keyword.value for keyword in call.keywords]
    shown = ("label", "reason") if name in COMPARISONS else ()
    return [keyword.value for keyword in call.keywords if keyword.arg in shown]


def _given_names(node: ast.AST, returned: set[str], function: FunctionNode) -> Iterator[str]:
    """Names that a statement gives a value that comes from a student's code."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, node.value, returned, function)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _unpacked(node.target, node.value, returned, function)
    elif isinstance(node, ast.For):
        yield from _unpacked(node.target, node.iter, returned, function)


def _unpacked(target: ast.expr, value: ast.expr, returned: set[str], function: FunctionNode) -> Iterator[str]:
    if isinstance(target, ast.Tuple):
        parts = value.elts if isinstance(value, ast.Tuple) else []
        if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "zip":
            parts = value.args
        if len(parts) == len(target.elts) and not any(isinstance(part, ast.Starred) for part in parts):
            for one, of in zip(target.elts, parts, strict=True):
                yield from _unpacked(one, of, returned, function)
            return
        if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "enumerate" and len(target.elts) == 2:
            yield from _unpacked(target.elts[1], value.args[0], returned, function)
            return
        if (
            _is_items_of_outputs(value, function) and len(target.elts) == 2
        ):  # outputs have the reference's names, no others
            yield from _unpacked(target.elts[1], value, returned, function)
            return
    if _names(value) & returned:
        yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def _is_items_of_outputs(value: ast.expr, function: FunctionNode) -> bool:
    """Whether it is ``student.probe().items()``: the harness takes only outputs that the reference has, too."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "items"):
        return False
    of = value.func.value
    made = [
        node.value
        for node in ast.walk(function)
        if isinstance(of, ast.Name)
        and isinstance(node, ast.Assign)
        and any(getattr(target, "id", "") == of.id for target in node.targets)
    ] or [of]
    return all(isinstance(one, ast.Call) and ast.unparse(one.func).split(".")[0] == SOURCE for one in made)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _formatted(message: ast.expr, function: FunctionNode) -> Iterator[ast.expr]:
    """The expressions whose values a message shows, also where the message has a name."""
    for part in ast.walk(message):
        if isinstance(part, ast.FormattedValue):
            yield part.value
        elif isinstance(part, ast.Call):  # str(x), "…".format(x), repr(x)
            yield part
        elif isinstance(part, ast.Name):
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == part.id for one in node.targets):
                    yield from (inner.value for inner in ast.walk(node.value) if isinstance(inner, ast.FormattedValue))
