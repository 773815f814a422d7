"""Started by path in a fresh interpreter: makes this folder a package, then runs what ``argv[1]`` names.

Usage: boot.py plain MEMORY_MIB FILES | boot.py warm DESCRIPTOR PATH | boot.py probe
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys

PACKAGE = "_inside"  # a name that no student's module has


def load(name: str) -> object:
    """Import a module of this folder without a path entry that a submission could use."""
    folder = os.path.dirname(os.path.abspath(__file__))
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{name}")


if __name__ == "__main__":
    # plain keeps the interpreter's own path; warm runs without site and is told where numpy lies
    own = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[3].split(os.pathsep) if sys.argv[1] == "warm" else sys.path
    sys.path[:] = [entry for entry in path if entry not in ("", own)]
    load(sys.argv[1]).main(sys.argv[2:])  # type: ignore[attr-defined]  # each command's module has main
