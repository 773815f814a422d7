"""How a stage's wrong and right other solutions are written down: changes to the reference.

``solutions/<stage>/mistakes.py`` holds ``MISTAKES``, a list of :class:`Mistake`;
``variants.py`` holds ``VARIANTS``, a list of :class:`Variant`. Both describe a complete
submission: the reference's files with changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Change:
    """One change of one file: a replacement of text, an addition at its end, or a whole file.

    Attributes:
        path: as submitted, ``scratch/optim.py``.
        old: text that must occur exactly once; None to append, or to replace the file.
        new: what takes its place.
        whole: ``new`` is the whole file.
    """

    path: str
    new: str
    old: str | None = None
    whole: bool = False


def edit(path: str, old: str, new: str) -> Change:
    """Replace ``old``, which must occur exactly once in the reference's file, with ``new``."""
    return Change(path, new, old)


def redefine(path: str, source: str) -> Change:
    """Append definitions that take the place of the reference's of the same name.

    ``class Linear(Linear):`` refers to the reference's, so single methods can be replaced.
    """
    return Change(path, "\n\n" + source.strip("\n") + "\n")


def write(path: str, source: str) -> Change:
    """Replace the whole file, or add one."""
    return Change(path, source.lstrip("\n"), whole=True)


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that students really write.

    Attributes:
        name: ``adam_without_bias_correction``.
        hint: what a student reads whose results equal this mistake's; it never gives code.
        catches: the one or two tests that it exists for; each of them must kill it.
        changes: applied in order to the reference's files.
        source: where it was seen (a field note's number, a public thread), or "own".
        folder: of the stage's solution, with whole files and resources in place of the reference's; '' for those.
        killed_by: every test that it does not pass, from ``kills.json``; never written in ``mistakes.py``.
    """

    name: str
    hint: str
    catches: tuple[str, ...]
    changes: tuple[Change, ...]
    source: str = "own"
    folder: str = ""
    killed_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A correct implementation written another way; it must get full marks.

    Attributes:
        changes: applied in order to the reference's files.
        folder: of the stage's solution, with whole files and resources in place of the reference's; '' for those.
    """

    name: str
    why: str
    changes: tuple[Change, ...] = ()
    folder: str = ""


def wrong_field(entry: Mistake | Variant) -> str:
    """The first field with a value of another type, '' if there is none: Python itself checks no annotation."""
    for field in fields(entry):
        value = getattr(entry, field.name)
        kind = Change if field.name == "changes" else str
        if field.name in ("changes", "catches", "killed_by"):
            if not isinstance(value, tuple) or not all(isinstance(one, kind) for one in value):
                return field.name
        elif not isinstance(value, str):
            return field.name
    return ""


def apply_changes(files: Mapping[str, str], changes: tuple[Change, ...]) -> dict[str, str]:
    """Return the files with the changes made.

    Raises:
        ValueError: the text of an ``edit`` does not occur exactly once, or its file is not one of the stage's.
    """
    changed = dict(files)
    for change in changes:
        changed[change.path] = apply_change(changed, change)
    return changed


def apply_change(files: Mapping[str, str], change: Change) -> str:
    """Return the text of the changed file.

    Raises:
        ValueError: the text of an ``edit`` does not occur exactly once, or its file is not one of the stage's.
    """
    if change.whole:
        return change.new
    if change.path not in files:
        raise ValueError(f"{change.path} is not a file of this stage")
    text = files[change.path]
    if change.old is None:
        return text.rstrip("\n") + change.new
    if (count := text.count(change.old)) != 1:
        times = "does not occur" if count == 0 else f"occurs {count} times"
        raise ValueError(f"the text {change.old!r} {times} in {change.path}")
    return text.replace(change.old, change.new)
