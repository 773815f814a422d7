"""The tiny stage with a notebook and a rubric, and what is needed to write a students' bundle of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.course import Course, read_course
from tests.builders.course import POLICY, STAGE, write_course

ROOT = Path(__file__).parents[2]
NOTEBOOK = """\
# %% [markdown]
# # s01_tiny
#
# Twice and thrice.

# %%
from scratch.tiny import double

print("four is", double(2))

# %% [markdown] criteria=["written"]
# ## The written question
"""
SPEC = "# s01_tiny\n\n## Written question\n\nWhy is twice minus x minus twice x?\n\n## How it is marked\n\nBy hand.\n"
RUBRIC = "# Rubric: s01_tiny\n\n## written (5 points)\n\n* 5: says why twice minus x is minus twice x.\n"
RIGHT = """\
import numpy as np


def double(x):
    return np.asarray(x) * 2.0


def triple(x):
    return np.asarray(x) * 3.0
"""
HALF = RIGHT.replace("* 2.0", "+ 2.0")  # thrice is right: 30 of 100 points
HONEST = {"test_double_of_one": 0.0, "test_double": 0.0, "test_double_is_even": 0.0, "test_triple": 30.0}
FULL = {"test_double_of_one": 10.0, "test_double": 40.0, "test_double_is_even": 20.0, "test_triple": 30.0}


def write_notebook_course(root: Path) -> Course:
    """The tiny course with everything that a bundle needs."""
    write_course(root, policy=POLICY.rstrip() + "\n    rubric: {written: 5}\n")
    assignment = root / "assignments" / STAGE
    for name, text in (("notebook.py", NOTEBOOK), ("rubric.md", RUBRIC), ("spec.md", SPEC)):
        (assignment / name).write_text(text)
    shutil.copytree(ROOT / "assignments" / "_bundle", root / "assignments" / "_bundle", dirs_exist_ok=True)
    (root / "datasets").mkdir(exist_ok=True)
    return read_course(root)


def tool_environment() -> dict[str, str]:
    """What a person's activated environment has, so that plain commands are found and find their templates."""
    import nbconvert

    shared = Path(nbconvert.__file__).parents[4] / "share" / "jupyter"
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_PATH": str(shared),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


def run_tool(folder: Path, *command: str, succeeds: bool = True) -> str:
    """Run a plain command in a folder; returns everything it printed."""
    done = subprocess.run(
        command, cwd=folder, env=tool_environment(), capture_output=True, text=True, errors="replace", timeout=900
    )
    printed = done.stdout + done.stderr
    assert not succeeds or done.returncode == 0, printed[-3000:]
    return printed


def code_cell(source: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A code cell as Jupyter saves it."""
    return {
        "cell_type": "code", "execution_count": None, "metadata": dict(metadata or {}), "outputs": [], "source": source,
    }  # fmt: skip


def markdown_cell(source: str) -> dict[str, Any]:
    """A cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}
