"""Packages of ``requirements.txt`` that are not installed where a notebook runs, and how they get there."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autograder.studentcli.machine import REQUIREMENTS, TORCH_REQUIREMENTS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
BY_HAND = "torch"  # several builds of some GB: README.md has the line for each computer
SECONDS = 900
GRADING = "NBGRADER_EXECUTION"
COLAB = "COLAB_RELEASE_TAG"  # a variable that Colab sets


def missing_lines(root: Path, packages: Iterable[str]) -> list[str]:
    """The lines of the bundle's requirements whose package is not installed, whatever the version of the others.

    Args:
        root: the bundle's folder.
        packages: what a stage's code runs on; with torch, the second file counts too.
    """
    names = [REQUIREMENTS, *([TORCH_REQUIREMENTS] if BY_HAND in packages else [])]
    lines = [
        line for name in names if (root / name).is_file() for line in (root / name).read_text("utf-8").splitlines()
    ]
    return [line for line in lines if (found := _NAME.match(line)) and not _is_installed(found[0])]


def _is_installed(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False


def may_install() -> bool:
    """Whether this Python is one that pip may change without asking: an environment of its own, or Colab's.

    Never where nbgrader executes the notebook: that is the staff's Python, and the kernel has no network.
    """
    if GRADING in os.environ:
        return False
    return sys.prefix != sys.base_prefix or COLAB in os.environ


def set_up_packages(root: Path, packages: Sequence[str]) -> str:
    """Install what is missing where that may be done; returns what a student should know, '' where nothing is missing.

    Args:
        root: the bundle's folder.
        packages: what the stage's code runs on.
    """
    lines = missing_lines(root, packages)
    by_hand = [line for line in lines if _names([line]) == BY_HAND]
    lines = [line for line in lines if line not in by_hand]
    words = [f"{BY_HAND} is not installed: README.md has the line for your computer."] if by_hand else []
    if lines and may_install():
        words.append(_install(lines))
    elif lines:
        words.append(f"Not installed: {_names(lines)}. {_remedy(lines)}")
    return "\n".join(words)


def _install(lines: Sequence[str]) -> str:
    options = ("--quiet", "--disable-pip-version-check", "--retries", "1")
    command = [sys.executable, "-m", "pip", "install", *options, *lines]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = "" if done.returncode == 0 else said[-1] if said else "it said nothing"
    except subprocess.TimeoutExpired:
        why = f"it took more than {SECONDS} seconds"
    importlib.invalidate_caches()
    if why:
        return f"pip could not install {_names(lines)}: {why}\n{_remedy(lines)}"
    return f"Installed with pip: {_names(lines)}."


def _names(lines: Iterable[str]) -> str:
    return ", ".join(found[0] for line in lines if (found := _NAME.match(line)))


def _remedy(lines: Sequence[str]) -> str:
    quoted = " ".join(f'"{line.split("#")[0].strip()}"' for line in lines)
    return f"Run this in a new cell, then the first cell again:\n%pip install {quoted}"
