"""``python -m autograder``: the staff's commands where they are part of this copy, else the student's."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import NoReturn

OLDEST = (3, 11)
INSTALLED = ("click", "numpy", "pytest", "rich")


def main() -> None:
    """Run the command line of this copy of the package."""
    if sys.version_info < OLDEST:
        _stop(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}.")
    # Looked for beside this file: another copy that is installed could lend its commands to a student's bundle.
    staff = (Path(__file__).parent / "cli").is_dir()
    try:
        module = importlib.import_module("autograder.cli.main" if staff else "autograder.studentcli.cli")
    except ModuleNotFoundError as error:
        if error.name not in INSTALLED:
            raise
        _stop(f"{error.name} is not installed for this Python: activate the environment (.venv) that README.md makes.")
    module.main()


def _stop(words: str) -> NoReturn:
    print(f"{words} The Python in use is {sys.executable}.", file=sys.stderr)  # noqa: T201  # click may be missing
    sys.exit(2)


if __name__ == "__main__":
    main()
