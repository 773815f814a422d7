"""``autograder doctor``: which layers of the sandbox this machine has, and how to get the others."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from autograder.commandline import example
from autograder.course import read_course
from autograder.sandbox.gpu import find_gpu
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
    console = Console()
    console.print(render(report, minimum))
    gpu, reason = find_gpu()
    console.print(
        f"GPU: {gpu.name}, {gpu.memory_mib:,} MiB, driver {gpu.driver}; the driver joins what is trusted (docs/gpu.md)"
        if gpu is not None
        else f"GPU: none that submissions can use: {reason}. Only stages with 'device: gpu' need one.",
        highlight=False,
        markup=False,
    )
    return report.exit_code(minimum)
