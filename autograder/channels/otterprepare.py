"""Before otter looks at a submission in a container: exactly one notebook that it can read, whatever was sent."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from autograder.outputfiles import write_file

EMPTY = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def prepare(folder: Path, notebook: str) -> None:
    """Give otter an empty notebook to find; the student's are kept below ``sent/``, where the kit still reads them.

    Otter stops at two notebooks, at two Python files without a notebook, and at a notebook that is no JSON.
    """
    sent = folder / "sent"
    for path in sorted(folder.iterdir()):
        if path.suffix in (".ipynb", ".py", ".zip") and path.is_file() and not path.is_symlink():
            sent.mkdir(exist_ok=True)
            path.rename(sent / path.name)
    write_file(folder / notebook, json.dumps(EMPTY).encode())


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), sys.argv[2])
