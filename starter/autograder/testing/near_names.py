"""A name that the tests did not find in a student's file, and one there that is spelt nearly so."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_NO_NAME = re.compile(  # Python's own two messages
    r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"
    r"|cannot import name '(?P<name2>\w+)' from '(?P<module2>[\w.]+)'"
)


@dataclass(frozen=True)
class MissingName:
    """A name that was asked for, and the file in which it was not found."""

    path: str
    name: str

    def near(self, names: Iterable[str]) -> str:
        """The nearest of some names, '' where none is near."""
        folded = {name.lower(): name for name in names}
        found = difflib.get_close_matches(self.name.lower(), folded, 1)
        return folded[found[0]] if found else ""

    def in_other_letters(self, names: Iterable[str]) -> str:
        """The one of some names that differs only in capitals and underscores, '' where there is none."""
        return next((name for name in names if _folded(name) == _folded(self.name)), "")


def missing_name(exception_type: str, text: str) -> MissingName | None:
    """What was asked for in vain; None where something else went wrong."""
    match = _NO_NAME.search(text) if exception_type in ("AttributeError", "ImportError") else None
    if match is None:
        return None
    module, name = (match["module"], match["name"]) if match["name"] else (match["module2"], match["name2"])
    return MissingName(f"{module.replace('.', '/')}.py", name)


def names_in(source: bytes) -> set[str]:
    """The names that a file defines at its top: classes, functions, variables."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return names | {target.id for target in targets if isinstance(target, ast.Name)}


def _folded(name: str) -> str:
    return name.replace("_", "").lower()
