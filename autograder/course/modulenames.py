"""Names that a module of the course may not have: it would hide a module that students' code imports."""

from __future__ import annotations

import importlib.util
import sys

from autograder.runner.runtimes import RUNTIMES

# What stages, notebooks and the kit import beside the packages of a runtime; whether or not it is installed here.
IMPORTED = frozenset(
    {"IPython", "autograder", "conftest", "datasets", "jupytext", "matplotlib", "nbclient", "pandas", "PIL", "probes"}
    | {"pytest", "scipy", "sklearn", "torchvision", "test_hidden", "test_public"}
)


def hidden_by(name: str) -> str:
    """What a module of this name would hide, in words; '' where it hides nothing that is known on every machine."""
    if name in sys.stdlib_module_names:
        return f"{name} is a module of Python's standard library"
    if name in IMPORTED or any(name in {*one.packages, *one.beside} for one in RUNTIMES.values()):
        return f"{name} is a package that is imported beside the course's modules"
    return ""


def hidden_here_by(name: str) -> str:
    """The same, with what can be imported on this machine."""
    known = hidden_by(name)
    if known:
        return known
    try:
        found = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a broken package of that name is there, too
        found = True
    return f"{name} can be imported here: it is an installed package, or a folder of the course" if found else ""


def package_name(name: str) -> str:
    """A name that hides no module which students import.

    Raises:
        ValueError: it does.
    """
    hidden = hidden_by(name)
    if hidden:
        raise ValueError(f"{hidden}; a name that hides no other module, such as scratch or models")
    return name
