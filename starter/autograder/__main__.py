"""``python -m autograder``: the staff's commands where they are part of this copy, else the student's."""

from __future__ import annotations

import importlib
from pathlib import Path


def main() -> None:
    """Run the command line of this copy of the package."""
    # Looked for beside this file: another copy that is installed could lend its commands to a student's bundle.
    staff = (Path(__file__).parent / "cli").is_dir()
    importlib.import_module("autograder.cli.main" if staff else "autograder.studentcli.cli").main()


if __name__ == "__main__":
    main()
