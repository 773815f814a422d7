"""``python -m autograder``: the staff's commands where they are installed, else the student's."""

from __future__ import annotations

import importlib
import importlib.util


def main() -> None:
    """Run the command line of this copy of the package."""
    staff = importlib.util.find_spec("autograder.cli") is not None
    importlib.import_module("autograder.cli.main" if staff else "autograder.student.cli").main()


if __name__ == "__main__":
    main()
