"""Names that a shell completes: the stages of the course's ``grading.yml``."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from autograder.course import read_course
from autograder.errors import AutograderError


def stage_names(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The stages that begin with what was typed; none where the course cannot be read."""
    root = context.find_root().params.get("course") or Path()
    with contextlib.suppress(AutograderError):
        return [name for name in read_course(root, check=False).configuration.stages if name.startswith(incomplete)]
    return []
