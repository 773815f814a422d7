"""Which folders of this machine a submission may read: standard library, packages of its runtime, child folders."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import SandboxFault
from autograder.runner.packages import package_trees

RUNNER_CHILD = Path(__file__).resolve().parent.parent / "runner" / "child"
SANDBOX_CHILD = Path(__file__).resolve().parent / "child"
BOOT = (str(RUNNER_CHILD / "boot.py"), str(SANDBOX_CHILD))
PACKAGE_FOLDERS = ("site-packages", "dist-packages")
MOUNT_POINTS = ("/mnt", "/media", "/srv", "/opt", "/boot", "/tmp", "/var")  # noqa: S108 - mounted over in the sandbox


@dataclass(frozen=True)
class PackagePaths:
    """Paths without links in them.

    Attributes:
        trees: files and folders that may be read.
        masks: folders within them that may not, but for other trees.
        search: ``sys.path`` inside.
        mount_point: an existing folder with none of the trees below it.
    """

    trees: tuple[str, ...]
    masks: tuple[str, ...]
    search: tuple[str, ...]
    mount_point: str

    def unreadable(self) -> tuple[str, ...]:
        """Return the trees that only their owner may read: useless to a process with another user id."""
        return tuple(path for path in self.trees if Path(path).stat().st_mode & 0o004 == 0)

    def unreachable(self) -> tuple[str, ...]:
        """Return the folders above the trees that only their owner may enter."""
        parents = {str(parent) for path in self.trees for parent in Path(path).parents}
        return tuple(sorted(path for path in parents if Path(path).stat().st_mode & 0o001 == 0))


def find_package_paths(packages: Iterable[str]) -> PackagePaths:
    """Return the paths for this interpreter with these packages.

    Raises:
        SandboxFault: a package is not installed.
    """
    standard = str(Path(os.__file__).parent.resolve())
    extension = importlib.util.find_spec("_ctypes")
    if extension is None or extension.origin is None:
        raise SandboxFault("this Python has no ctypes, which the sandbox needs")
    compiled = str(Path(extension.origin).parent.resolve())
    found = [tree for name in packages for tree in package_trees(name)]
    site = sorted({str(Path(tree).parent) for tree in found})
    trees = tuple(
        dict.fromkeys(
            [standard, compiled, *found, str(RUNNER_CHILD), str(SANDBOX_CHILD), os.path.realpath(sys.executable)]
        )
    )
    masks = tuple(str(path) for path in (Path(standard, name) for name in PACKAGE_FOLDERS) if path.is_dir())
    point = next((point for point in MOUNT_POINTS if _is_free(point, trees)), None)
    if point is None:
        raise SandboxFault(f"none of {', '.join(MOUNT_POINTS)} can hold the mounts of a submission")
    return PackagePaths(trees, masks, (standard, compiled, *site), point)


def _is_free(folder: str, trees: Iterable[str]) -> bool:
    return Path(folder).is_dir() and not any(tree.startswith(folder + "/") for tree in trees)
