"""Started by path in a fresh interpreter: makes this folder a package, then runs the module that ``argv[2]`` names.

Usage: boot.py FOLDERS MODULE ARGUMENTS. FOLDERS are further folders of the package, joined as in PATH, "" for none:
boot.py "" plain_process MEMORY_MIB FILES | boot.py SANDBOX start DESCRIPTOR PATH | boot.py SANDBOX features USER
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys

PACKAGE = "_child"  # a name that no student's module has


def load(name: str, further: list[str]) -> object:
    """Import a module of this folder, or a further one, without a path entry that a submission could use."""
    folder = os.path.dirname(os.path.abspath(__file__))
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder, *further]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{name}")


if __name__ == "__main__":
    # a plain process keeps the interpreter's own path; a fork server runs without site and receives its path
    own = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[4].split(os.pathsep) if sys.argv[2] == "start" else sys.path
    sys.path[:] = [entry for entry in path if entry not in ("", own)]
    load(sys.argv[2], sys.argv[1].split(os.pathsep) if sys.argv[1] else []).main(sys.argv[3:])  # type: ignore[attr-defined]  # each command's module has main
