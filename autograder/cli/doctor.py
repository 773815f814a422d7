"""``autograder doctor``: which walls this machine has, what is lost without the others, and how to get them."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from autograder.course import read_course
from autograder.sandbox.select import doctor, render


@click.command("doctor")
@click.pass_obj
def doctor_command(root: Path) -> int:
    """Print each layer of the sandbox; exit code 3 where the policy's minimum is not met."""
    minimum = read_course(root).configuration.sandbox.minimum
    report = doctor()
    Console().print(render(report, minimum))
    return report.exit_code(minimum)
