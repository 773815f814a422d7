"""Whether a test leaves something behind: what its file and its parameters hold, before and after a dry run.

The text of a test shows most of what is refused (see ``refusals``); this sees the rest, such as a list that is
changed under another name.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, TypeVar

import pytest

from autograder.tester.cases import Case

T = TypeVar("T")
Digests = dict[str, bytes]


class StateWatch:
    """Compares the values that tests can reach; nothing is ever unpickled."""

    def __init__(self) -> None:
        self._files: dict[str, Digests] = {}

    def run(self, case: Case, action: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
        """What the action returns, and the names of the values that it changed."""
        module = case.item.module if isinstance(case.item, pytest.Function) else None
        if module is None:
            return action(), ()
        before = self._files.get(module.__name__) or _digests(_file_values(module))
        parameters = _digests(case.parameters.items())
        done = action()
        after = self._files[module.__name__] = _digests(_file_values(module))
        return done, (*_different(before, after), *_different(parameters, _digests(case.parameters.items())))


def _different(before: Digests, after: Digests) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _digests(values: Any) -> Digests:
    """A digest of each value; what cannot be pickled, such as a function within a function, is left out."""
    found: Digests = {}
    for name, value in values:
        with contextlib.suppress(Exception):  # whatever a value's own methods raise
            found[name] = hashlib.sha256(pickle.dumps(value, pickle.HIGHEST_PROTOCOL)).digest()
    return found


def _file_values(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The values of a file, and what its functions and classes hold."""
    for name, value in list(vars(module).items()):
        if name.startswith("__") or isinstance(value, ModuleType):
            continue
        if isinstance(value, FunctionType | type):
            if value.__module__ == module.__name__:
                yield from ((f"{name}.{key}", part) for key, part in _parts(value))
        else:
            yield name, value


def _parts(value: FunctionType | type) -> Iterator[tuple[str, object]]:
    held: Mapping[str, object] = vars(value)
    yield from ((key, part) for key, part in held.items() if key != "pytestmark" and not key.startswith("__"))
    if isinstance(value, FunctionType):
        yield "a default value", (value.__defaults__, value.__kwdefaults__)
