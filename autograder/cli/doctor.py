"""``autograder doctor``: which layers of the sandbox this machine has, and how to get the others."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from autograder.commandline import example
from autograder.course import read_course
from autograder.sandbox.select import doctor, render


@click.command("doctor", epilog=example("autograder doctor"))
@click.pass_obj
def doctor_command(root: Path) -> int:
    """Print each layer of the sandbox on this machine.

    For each missing layer it prints what is lost without it and how to get it. The exit code is 3 if the machine does
    not reach the minimum of grading.yml.
    """
    minimum = read_course(root).configuration.sandbox.minimum
    report = doctor()
    Console().print(render(report, minimum))
    return report.exit_code(minimum)
