"""Faults in a stage's ``mistakes.py`` and ``variants.py``, each with its line, all at once.

An ``edit`` whose text is no longer in the reference is the usual one: it happens each time that a reference changes.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograder.course.folder import StageFolder
from autograder.course.mistakes import Change, Mistake, Variant, apply_change
from autograder.course.textfiles import read_python
from autograder.errors import ConfigurationError, ConfigurationFault

MOST_CATCHES = 2  # a mistake that exists for more tests than this exists for none of them
CHANGES_PLACE = {"Mistake": 3, "Variant": 2}  # where the changes are among an entry's arguments


@dataclass(frozen=True)
class _Place:
    """On which line an entry begins, and each of its changes."""

    line: int = 1
    changes: tuple[int, ...] = ()

    def of_change(self, index: int) -> int:
        return self.changes[index] if index < len(self.changes) else self.line


def require_mistakes(stages: Iterable[StageFolder], *, catches: bool = True) -> None:
    """Refuse stages in which a mistake or a variant cannot be made.

    Args:
        stages: which.
        catches: whether the tests that mistakes name are checked; hints do not need them.

    Raises:
        ConfigurationError: every fault of all of them.
    """
    faults = [fault for stage in stages for fault in check_mistakes(stage, catches=catches)]
    if faults:
        raise ConfigurationError(faults)


def check_mistakes(stage: StageFolder, *, catches: bool = True) -> Iterator[ConfigurationFault]:
    """Faults of the files themselves, of the changes, and of the tests that mistakes name."""
    readers: dict[str, Callable[[], Sequence[Mistake] | Sequence[Variant]]] = {
        "mistakes.py": stage.mistakes,
        "variants.py": stage.variants,
    }
    for file, read in readers.items():
        try:
            entries = read()
        except ConfigurationError as error:
            yield from error.faults
        else:
            yield from _check_entries(stage, file, entries, catches=catches)


def _check_entries(
    stage: StageFolder, file: str, entries: Sequence[Mistake] | Sequence[Variant], *, catches: bool
) -> Iterator[ConfigurationFault]:
    path = stage.solution / file
    if not path.exists():
        return
    shown = stage.shown(path)
    places = _places(read_python(path, shown))
    reference, seen = stage.reference_files(), set[str]()
    for entry in entries:
        found = places.get(entry.name, [])
        place = found.pop(0) if found else _Place()
        if entry.name in seen:
            yield ConfigurationFault(shown, place.line, entry.name, "an earlier entry has this name", "another name")
        seen.add(entry.name)
        if catches and isinstance(entry, Mistake):
            for what, allowed in _catches_faults(entry, stage):
                yield ConfigurationFault(shown, place.line, entry.name, what, allowed)
        missing = [path for path in stage.policy.files if not (stage.solution / entry.folder / path).is_file()]
        if entry.folder and missing:
            what = f"solutions/{stage.name}/{entry.folder} has no {', '.join(missing)}"
            yield ConfigurationFault(shown, place.line, entry.name, what, "a folder with all files of the stage")
            continue
        files = stage.reference_files(entry.folder) if entry.folder else reference
        files = files | _texts_of(stage, entry)
        for index, what, allowed in _change_faults(files, entry.changes):
            yield ConfigurationFault(shown, place.of_change(index), entry.name, what, allowed)


def _texts_of(stage: StageFolder, entry: Mistake | Variant) -> dict[str, str]:
    """The resources that an entry changes, as text."""
    touched = {one.path for one in entry.changes if stage.policy.resource_filter.wants(one.path)}
    resources = stage.reference_resources(entry.folder) if touched else {}
    return {path: resources[path].decode("utf-8", "replace") for path in touched & resources.keys()}


def _catches_faults(mistake: Mistake, stage: StageFolder) -> Iterator[tuple[str, str]]:
    if not 1 <= len(mistake.catches) <= MOST_CATCHES:
        yield f"catches names {len(mistake.catches)} tests", "the one or two tests that the mistake exists for"
    tests = list(stage.policy.test_points)
    for test in mistake.catches:
        if test not in tests:
            close = difflib.get_close_matches(test, tests, 1)
            yield f"catches: no such test: {test}", f"did you mean {close[0]}?" if close else "a test of this stage"


def _change_faults(reference: dict[str, str], changes: tuple[Change, ...]) -> Iterator[tuple[int, str, str]]:
    """The index of each change that cannot be made, why, and what is allowed; later ones are tried without it."""
    files = dict(reference)
    for index, change in enumerate(changes):
        try:
            files[change.path] = apply_change(files, change)
        except ValueError as error:
            there = change.path in files
            yield (
                index,
                str(error),
                "text that occurs there exactly once" if there else f"one of {', '.join(reference)}",
            )


def _places(tree: ast.Module) -> dict[str, list[_Place]]:
    """Where the entries of each name are, in the order of the file; those that other code makes are not among them."""
    places: dict[str, list[_Place]] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CHANGES_PLACE):
            continue
        values = {keyword.arg: keyword.value for keyword in node.keywords}
        positional = dict(enumerate(node.args))
        name = values.get("name", positional.get(0))
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            changes = values.get("changes", positional.get(CHANGES_PLACE[node.func.id]))
            lines = [change.lineno for change in changes.elts] if isinstance(changes, ast.Tuple) else []
            places.setdefault(name.value, []).append(_Place(node.lineno, tuple(lines)))
    return places
