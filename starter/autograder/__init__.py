"""Grade from-scratch deep learning code: right, unforgeable, fast."""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0"


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext autograder`` in a notebook of the students' bundle."""
    from autograder.studentcli.magics import load_here  # only a notebook needs it

    load_here(shell)
