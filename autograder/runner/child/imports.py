"""Import a submission from memory: its files are never written to a file system that others can read."""

from __future__ import annotations

import importlib.util
import linecache
import marshal
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from types import CodeType, ModuleType

from . import resources


def module_name(path: str) -> str | None:
    """Return the dotted name of ``scratch/optim.py``, None where the path is no importable module."""
    if not path.endswith(".py"):
        return None
    parts = path[:-3].split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


@dataclass(frozen=True)
class MemoryLoader:
    """Loads one module from its source; a package without ``__init__.py`` is an empty one."""

    path: str
    source: bytes
    code: bytes = b""  # marshalled, if the kit has compiled it already

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 - the loader's interface
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> CodeType:  # noqa: ARG002 - the loader's interface
        if self.code:
            return marshal.loads(self.code)  # type: ignore[no-any-return]  # made by the kit's own compile()
        return compile(self.source, self.path, "exec", dont_inherit=True)

    def get_source(self, name: str) -> str:  # noqa: ARG002 - the loader's interface
        return importlib.util.decode_source(self.source)

    def is_package(self, name: str) -> bool:  # noqa: ARG002 - the loader's interface
        return self.path.endswith("__init__.py")

    def get_resource_reader(self, name: str) -> resources.Reader | None:
        return resources.reader_of(name) if self.is_package(name) else None


RUNS_A_FILE = MemoryLoader.exec_module.__code__  # this code is on the stack while a file is imported


@dataclass(frozen=True)
class MemoryFinder:
    """Finds the modules of ``paths`` (dotted name to path), for ``sys.meta_path``."""

    paths: Mapping[str, str]
    sources: Mapping[str, bytes]
    codes: Mapping[str, bytes]

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the finder's interface
        target: ModuleType | None = None,  # noqa: ARG002 - the finder's interface
    ) -> ModuleSpec | None:
        if name in self.paths:
            location = self.paths[name]
            loader = MemoryLoader(location, self.sources[location], self.codes.get(location, b""))
        elif any(other.startswith(name + ".") for other in self.paths):
            location = name.replace(".", "/") + "/__init__.py"
            loader = MemoryLoader(location, b"")
        else:
            return None
        is_package = loader.is_package(name)
        spec = ModuleSpec(name, loader, origin=location, is_package=is_package)  # type: ignore[arg-type]  # a loader by shape
        spec.has_location = True  # __file__ is the path as submitted
        return spec


@dataclass(frozen=True)
class VisiblePackages:
    """Finds only ``names`` in ``folders``; other packages appear as not installed, rather than as refused."""

    names: frozenset[str]
    folders: tuple[str, ...]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or name not in self.names:
            return None
        return PathFinder.find_spec(name, list(self.folders), target)


def show_packages(trees: Iterable[str]) -> None:
    """Let an interpreter that was started without packages find those of ``trees``, and no others."""
    visible = tuple(trees)
    names = frozenset(os.path.basename(tree).removesuffix(".py") for tree in visible)
    sys.meta_path.append(VisiblePackages(names, tuple(sorted({os.path.dirname(tree) for tree in visible}))))


def hide_packages(trees: Iterable[str]) -> None:
    """Of the folders of ``sys.path`` that are not visible as a whole, keep only the packages among ``trees``."""
    visible = tuple(trees)
    folders = tuple(entry for entry in sys.path if entry not in visible)
    names = {os.path.basename(tree).removesuffix(".py") for tree in visible if os.path.dirname(tree) in folders}
    sys.path[:] = [entry for entry in sys.path if entry in visible]
    sys.meta_path.append(VisiblePackages(frozenset(names), folders))


def install(
    sources: Mapping[str, bytes], codes: Mapping[str, bytes], student_paths: Iterable[str], owned: Iterable[str]
) -> None:
    """Make ``sources`` importable in this process; ``codes`` are those of the kit's own, compiled and marshalled.

    Modules below the top-level names of ``owned`` (``scratch``, ``probes``) win over anything installed. All others are
    the student's own extra files: they are searched last, so that a ``numpy.py`` among them shadows nothing.
    Where the student submitted a file with the module name of one of the kit's, the kit's is used.
    """
    students = frozenset(student_paths)
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    # the kit's before the student's, then a package before a module, as Python does
    for path in sorted(sources, key=lambda path: (path in students, not path.endswith("__init__.py"), path)):
        name = module_name(path)
        if name is not None:
            (first if name.partition(".")[0] in owned else last).setdefault(name, path)
        # tracebacks show source lines, decoded only when one is shown
        linecache.cache[path] = (partial(sources[path].decode, "utf-8", "replace"),)
    if not sys.modules.keys().isdisjoint(owned):  # a loop over all names would copy their pages
        for name in [name for name in sys.modules if name.partition(".")[0] in owned]:
            del sys.modules[name]
    sys.meta_path.insert(0, MemoryFinder(first, sources, codes))
    sys.meta_path.append(MemoryFinder(last, sources, codes))
