"""``update``: lay a new bundle over a student's folder; every file that the student wrote or changed is kept.

Whose a file is decides what is done with it. A file that students write (a stage's ``files``) is replaced only where
it still is as handed out. A file of the course is replaced, a copy of the old one kept. All else is the student's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.errors import UsageError
from autograder.hostiletext import visible_line
from autograder.studentcli.laying import BACKUPS, lay
from autograder.studentcli.machine import REQUIREMENTS, TORCH_REQUIREMENTS, missing_packages
from autograder.studentcli.newbundle import HandedOut, handed_out, read_bundle
from autograder.testing.packing import RELEASED, STANDINS, starter_digest
from autograder.testing.public_course import COURSE_FILE

MOST_NAMES = 8  # of one folder in the output
# Where a file that a new bundle no longer has could still be imported, or be read in place of another one.
CLEARED = ("autograder", "datasets", RELEASED, STANDINS)


@dataclass
class Plan:
    """What is to be done, decided before anything is written.

    Attributes:
        copies: the student's own versions under another name; they are written first.
        writes: new contents by path.
        removed: files of the course that the new bundle no longer has.
        seen: what was read of the student's folder.
        added: paths that were not there.
        replaced: files of the course and untouched stubs.
        kept: files of the student's that stay in their place.
        notes: one line for each file that needs a sentence.
    """

    copies: dict[str, bytes] = field(default_factory=dict)
    writes: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    seen: dict[str, bytes] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Updated:
    """What was done.

    Attributes:
        backup: the folder with copies of what was replaced, below the student's; '' where nothing was to be done.
    """

    plan: Plan
    backup: str


def update_folder(root: Path, source: Path, now: datetime) -> Updated:
    """Lay the bundle in ``source`` over the folder ``root``.

    Args:
        root: the student's folder, with ``course.json``.
        source: the new bundle: a zip or a folder.
        now: the local time, for the name of the folder of copies.

    Raises:
        UsageError: the bundle is refused, is another module's, or a file cannot be written.
    """
    if source.is_dir() and source.resolve() == root.resolve():
        raise UsageError(f"{source} is your own folder: give the zip or the folder of the new bundle")
    plan = _Planner(root, read_bundle(source), source).plan()
    writes = {**plan.copies, **plan.writes}
    if not writes:
        return Updated(plan, "")
    backup = lay(root, writes, plan.removed, plan.seen, now)
    return Updated(plan, f"{BACKUPS}/{backup.name}")


class _Planner:
    def __init__(self, root: Path, new: Mapping[str, bytes], source: Path) -> None:
        self._root, self._new = root, new
        self._old = _own_course(root)
        self._next = handed_out(new[COURSE_FILE], f"{COURSE_FILE} in {source}")
        if self._old.module != self._next.module:
            raise UsageError(f"{source} is the bundle of {self._next.module}; this folder is for {self._old.module}")
        self._plan = Plan()

    def plan(self) -> Plan:
        """Decide about every file of the new bundle, and about those that it no longer has."""
        work = {**self._old.work, **self._next.work}
        _refuse_obstacles(self._root, self._new)
        for path, data in self._new.items():
            own = self._read(path)
            if path == COURSE_FILE or (own is not None and starter_digest(own) == starter_digest(data)):
                continue
            if own is None:
                self._plan.added.append(path)
                self._plan.writes[path] = data
            elif path in work:
                self._work(path, own, data)
            else:
                self._course(path, own, data)
        self._clear()
        for stage in sorted(set(self._old.stages) - set(self._next.stages)):
            self._plan.notes.append(f"{stage} is not in this bundle; your files of it are as they were")
        own = self._read(COURSE_FILE)
        if own != self._new[COURSE_FILE]:  # last: until then a second run knows what was handed out before
            self._plan.writes[COURSE_FILE] = self._new[COURSE_FILE]
            self._plan.replaced.append(COURSE_FILE)
        return self._plan

    def _read(self, path: str) -> bytes | None:
        target = self._root / path
        if not target.is_file():
            return None
        try:
            self._plan.seen[path] = target.read_bytes()
        except OSError as error:
            raise UsageError(f"{target}: it cannot be read: {error.strerror}; nothing was changed") from None
        return self._plan.seen[path]

    def _replace(self, path: str, data: bytes) -> None:
        self._plan.writes[path] = data
        self._plan.replaced.append(path)

    def _work(self, path: str, own: bytes, data: bytes) -> None:
        """A file that students write."""
        before = self._old.work.get(path, "")
        if starter_digest(own) == before:
            self._replace(path, data)
            return
        self._plan.kept.append(path)
        beside = f"{path}.new"
        if starter_digest(data) == before or self._read(beside) == data:
            return
        self._plan.writes[beside] = data
        self._plan.notes.append(f"{path}: yours is kept; the course's new stub is {beside}: compare the two")

    def _course(self, path: str, own: bytes, data: bytes) -> None:
        """A file of the course, which the student may have changed, or have made under the same name."""
        before = self._old.course.get(path)
        if before == starter_digest(own):
            self._replace(path, data)
        elif path.endswith(".ipynb"):
            if before == starter_digest(data):  # the course has not changed it
                self._plan.kept.append(path)
                return
            self._copy(path, own)
            self._replace(path, data)
        elif before is None and self._old.course:
            self._copy(path, own)
            self._replace(path, data)
        else:
            self._replace(path, data)
            if before is not None:
                self._plan.notes.append(
                    f"{path}: you had changed this file of the course; your version is in the copies"
                )

    def _copy(self, path: str, own: bytes) -> None:
        """Keep the student's version under another name, before its place is taken."""
        place = PurePosixPath(path)
        number = 1
        while True:
            name = f"{place.stem}.mine{'' if number == 1 else f'-{number}'}{place.suffix}"
            beside = place.with_name(name).as_posix()
            there = self._read(beside)
            if there is None or there == own:
                break
            number += 1
        if there is None:
            self._plan.copies[beside] = own
        self._plan.notes.append(f"{path}: yours is kept as {beside}")

    def _clear(self) -> None:
        """Files of the course that the new bundle does not have, where they could be read by mistake."""
        for path, digest in self._old.course.items():
            if path.partition("/")[0] not in CLEARED or path in self._new or path in self._next.work:
                continue
            own = self._read(path)
            if own is not None and starter_digest(own) == digest:
                self._plan.removed.append(path)


def _own_course(root: Path) -> HandedOut:
    path = root / COURSE_FILE
    try:
        return handed_out(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(
            f"{path}: it cannot be read: {error.strerror}; --folder names the folder of your work"
        ) from None


def _refuse_obstacles(root: Path, paths: Mapping[str, bytes]) -> None:
    """A link on the way would lead a write out of the folder; a folder cannot be replaced by a file."""
    faults = set()
    for path in paths:
        target = root / path
        if target.is_dir():
            faults.add(f"{path}: a folder is here, and the new bundle has a file of this name: rename yours")
        for parent in target.relative_to(root).parents:
            place = root / parent
            if place != root and place.is_symlink():
                faults.add(f"{parent.as_posix()}: a link to another place: put the files themselves here")
            elif place.exists() and not place.is_dir():
                faults.add(
                    f"{parent.as_posix()}: a file is here, and the new bundle has a folder of this name: rename yours"
                )
    if faults:
        raise UsageError("nothing was changed:\n  " + "\n  ".join(sorted(faults)))


def update_lines(updated: Updated) -> list[str]:
    """What the command prints."""
    plan = updated.plan
    if not updated.backup:
        return ["Nothing to do: this folder has the newest files of the course.", *_kept(plan)]
    lines = [f"{word}: {names}" for word, paths in _groups(plan) for names in _grouped(paths)]
    lines += [*_kept(plan), *map(visible_line, plan.notes)]
    used = (REQUIREMENTS, *(() if missing_packages(["torch"]) else (TORCH_REQUIREMENTS,)))
    lists = [name for name in used if name in plan.writes]
    if lists:
        lines.append(f"The packages may have changed. Run: pip install {' '.join(f'-r {name}' for name in lists)}")
    return [*lines, f"Copies of what was replaced are in {updated.backup}."]


def _groups(plan: Plan) -> list[tuple[str, list[str]]]:
    return [("new", plan.added), ("replaced", plan.replaced), ("removed", plan.removed)]


def _kept(plan: Plan) -> list[str]:
    return [f"kept, yours: {visible_line(path)}" for path in sorted(plan.kept)]


def _grouped(paths: Iterable[str]) -> list[str]:
    """One line a folder: its few names, or how many files."""
    folders: dict[str, list[str]] = {}
    for path in sorted(paths):
        top, _, rest = path.partition("/")
        folders.setdefault(f"{top}/" if rest else "", []).append(rest or top)
    return [
        visible_line(f"{folder}{names[0]}" if len(names) == 1 else f"{folder or 'this folder'}: {_few(names)}")
        for folder, names in folders.items()
    ]


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} files"
