"""What an installed package has put on disk, with the packages that it requires."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import SandboxFault
from autograder.runner.runtimes import RUNTIMES


def package_trees(name: str) -> list[str]:
    """Return what a package and the packages that it requires have put beside one another.

    Raises:
        SandboxFault: it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SandboxFault(f"{name} is not installed for {sys.executable}")
    home = Path(spec.submodule_search_locations[0]).resolve()
    trees = [home]
    if (libraries := home.parent / f"{name}.libs").is_dir():
        trees.append(libraries)
    for required in sorted(_required(name, set())):  # its own others, too: torch has torchgen beside it
        for entry in sorted(_top_entries(required)):
            path = home.parent / entry
            if path.exists() and path.resolve() not in trees:
                trees.append(path.resolve())
    return [str(tree) for tree in trees]


def installed_beside(packages: Iterable[str]) -> dict[str, str]:
    """Return what a runtime with these packages shows beside them, as far as it is installed.

    Returns:
        package to the module of it that a fork server imports.
    """
    wanted = tuple(packages)
    runtime = next((one for one in RUNTIMES.values() if one.packages == wanted), None)
    beside = runtime.beside.items() if runtime is not None else ()
    return {name: module for name, module in beside if importlib.util.find_spec(name) is not None}


def _required(name: str, seen: set[str]) -> set[str]:
    """Return the names of the distributions that ``name`` needs, itself included, extras left out."""
    if name in seen:
        return seen
    try:
        requirements = importlib.metadata.distribution(name).requires or []
    except importlib.metadata.PackageNotFoundError:
        return seen
    seen.add(name)
    for requirement in requirements:
        if "extra ==" not in requirement and (match := re.match(r"[\w.-]+", requirement)):
            _required(match.group(), seen)
    return seen


def _top_entries(distribution: str) -> set[str]:
    files = importlib.metadata.files(distribution) or []
    entries = {file.parts[0] for file in files}
    return {entry for entry in entries if entry not in ("..", "bin", "__pycache__") and not entry.endswith(".pth")}
