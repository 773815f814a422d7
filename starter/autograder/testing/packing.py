"""What a student hands in for a stage: its files, and what they import of the student's own."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from autograder.model import Place, SubmittedFile
from autograder.testing.public_course import PublicCourse, PublicStage

RELEASED, STANDINS = (
    "released",
    "standins",
)  # folders of the bundle: the course's own modules, and small ones for a start


@dataclass(frozen=True)
class Import:
    """One name that a file imports: a module, or something in a module."""

    place: Place
    name: str


@dataclass(frozen=True)
class Foreign:
    """An import of a module of another stage that this stage's grading does not have."""

    place: Place
    path: str
    stage: str


@dataclass(frozen=True)
class Packed:
    """What goes into the zip, and what does not.

    Attributes:
        files: in path order.
        missing: required files that are not there.
        foreign: imports of other stages' modules, which are not there when this stage is graded.
        left_out: Python files in the course's packages that nothing here imports.
    """

    files: tuple[SubmittedFile, ...]
    missing: tuple[str, ...]
    foreign: tuple[Foreign, ...]
    left_out: tuple[str, ...]


def starter_digest(data: bytes) -> str:
    """The hash by which an untouched file is known, whatever line ends the system gave it."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


class Packer:
    """Looks at a student's folder for one stage; every file is read once.

    Args:
        course: the bundle.
        stage: what is packed.
        instead: contents that count in place of what the folder has, by path.
    """

    def __init__(self, course: PublicCourse, stage: PublicStage, instead: Mapping[str, bytes] | None = None) -> None:
        self._course, self._stage, self._root = course, stage, course.root
        self._owners = {path: other.name for other in course.stages.values() for path in other.files}
        self._data: dict[str, bytes | None] = dict(instead or {})

    @cached_property
    def given(self) -> dict[str, str]:
        """The modules of other stages that grading adds, with the stage that each belongs to."""
        return {
            path: name
            for name in self._stage.needs
            if name in self._course.stages
            for path in self._course.stages[name].files
            if path not in self._stage.files
        }

    def read(self, path: str) -> bytes | None:
        """A file of the student's folder, None where there is none."""
        if path not in self._data:
            try:
                self._data[path] = (self._root / path).read_bytes()
            except OSError:
                self._data[path] = None
        return self._data[path]

    def pack(self) -> Packed:
        """Follow the imports from the required files on."""
        found: dict[str, bytes] = {}
        foreign: dict[str, Foreign] = {}
        waiting = list(self._stage.files)
        while waiting:
            path = waiting.pop()
            data = self.read(path)
            if path in found or data is None:
                continue
            found[path] = data
            for item in imports_of(path, data):
                for target in self._targets(item.name):
                    owner = self._owners.get(target)
                    if owner is None or target in self._stage.files:
                        waiting.append(target)
                    elif target not in self.given:
                        foreign.setdefault(target, Foreign(item.place, target, owner))
        found |= self._resources()
        return Packed(
            files=tuple(SubmittedFile(path, found[path]) for path in sorted(found)),
            missing=tuple(path for path in self._stage.files if path not in found),
            foreign=tuple(foreign.values()),
            left_out=tuple(path for path in self._own_files() if path not in found),
        )

    def given_at_home(self) -> dict[str, tuple[bytes, str]]:
        """Each module that grading adds, and whose it is here: "released", "yours" or "stand-in".

        The course's own where the bundle has it; else the student's, where it is more than the starter's; else a
        stand-in of the bundle, and the starter's where there is none.
        """
        modules: dict[str, tuple[bytes, str]] = {}
        for path, owner in self.given.items():
            released, own = self.read(f"{RELEASED}/{path}"), self.read(path)
            standin = self.read(f"{STANDINS}/{path}")
            untouched = own is None or self._course.stages[owner].starter_sha256.get(path) == starter_digest(own)
            if released is not None:
                modules[path] = (released, RELEASED)
            elif standin is not None and untouched:
                modules[path] = (standin, "stand-in")
            elif own is not None:
                modules[path] = (own, "yours")
        return modules

    def used_of(self, given: Mapping[str, tuple[bytes, str]], start: Iterable[str]) -> frozenset[str]:
        """Those of the given modules that the files of ``start`` import, directly or not."""
        waiting, seen = list(start), set[str]()
        while waiting:
            path = waiting.pop()
            data = given[path][0] if path in given else self.read(path)
            if path in seen or data is None:
                continue
            seen.add(path)
            waiting += [target for item in imports_of(path, data) for target in self._targets(item.name)]
        return frozenset(seen & given.keys())

    def _targets(self, name: str) -> Iterator[str]:
        """The files of the student's folder that an import of ``name`` may be of, packages above it included."""
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts) or parts[0] in self._not_theirs:
            return
        for count in range(1, len(parts) + 1):
            place = "/".join(parts[:count])
            for path in (f"{place}/__init__.py", f"{place}.py"):
                if path not in self._library_files and self.read(path) is not None:
                    yield path

    @cached_property
    def _library_files(self) -> frozenset[str]:
        """The files that belong to the course whatever is in them."""
        return frozenset(
            {f"{package}/__init__.py" for package in self._course.packages} | {*self._course.library_sha256}
        )

    @cached_property
    def _not_theirs(self) -> frozenset[str]:
        """Top-level names that are the course's, or Python's own: a file of that name would not be imported."""
        ours = {"autograder", "datasets", "conftest", "probes", RELEASED, STANDINS, *self._course.stages}
        return frozenset(ours | (sys.stdlib_module_names - {"this"}))

    def _resources(self) -> dict[str, bytes]:
        """The stage's other files; packed whatever their size, so that what grading says of them is seen here."""
        found: dict[str, bytes] = {}
        for package in sorted({pattern.partition("/")[0] for pattern in self._stage.resource_filter.patterns}):
            for file in sorted((self._root / package).rglob("*")):
                path = file.relative_to(self._root).as_posix()
                is_wanted = self._stage.resource_filter.wants(path) and file.is_file()
                if is_wanted and (data := self.read(path)) is not None:
                    found[path] = data
        return found

    def _own_files(self) -> list[str]:
        """Python files in the course's packages that are no stage's: helpers, experiments."""
        found = []
        for package in self._course.packages:
            for file in sorted((self._root / package).rglob("*.py")):
                path = file.relative_to(self._root).as_posix()
                if path not in self._owners and path not in self._library_files:
                    found.append(path)
        return found


def imports_of(path: str, source: bytes) -> list[Import]:
    """Every import in a file, wherever it is; none where the file cannot be parsed.

    ``import_module("a.b")`` and ``__import__("a.b")`` count where the name is written out.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # reported when it is imported
        return []
    found: list[Import] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(Place(path, node.lineno), alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = path.split("/")[: -node.level] if node.level else []
            base = ".".join([*package, *filter(None, [node.module])])
            names = [base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)]
            found += [Import(Place(path, node.lineno), name) for name in names if name]
        elif isinstance(node, ast.Call) and _function_name(node) in ("import_module", "__import__"):
            found += [
                Import(Place(path, node.lineno), argument.value)
                for argument in node.args[:1]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
    return found


def _function_name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""
