"""``autograder demo``: grade an invented class, from a Moodle zip to marks and feedback."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from autograder.cli.grade import OUT, gradebook_url, pool_options, print_class, print_report
from autograder.cli.moodle_settings import moodle_files
from autograder.commandline import example
from autograder.course import read_course
from autograder.demo.moodle_class import STAGE, build_class
from autograder.outputfiles import write_file
from autograder.pipeline import GradingRequest, grade_download
from autograder.report.terminal import progress


@click.command("demo", epilog=example("autograder demo", "autograder demo --out /tmp/demo --workers 2"))
@click.option("--out", type=OUT, default=Path("demo-run"), show_default=True, help="Where everything is written.")
@click.option("--workers", type=click.IntRange(1, 64), help="Testers side by side; one a core by default.")
@click.option("--unsafe", is_flag=True, help="Allow grading without a sandbox.")
@click.pass_obj
def demo_command(root: Path, out: Path, workers: int | None, *, unsafe: bool) -> int:
    """Grade an invented class of s04_optimisers and list the files made."""
    course = read_course(root)
    stage = course.stage(STAGE)
    demo = build_class(stage)
    download, worksheet = out / "moodle" / "submissions.zip", out / "moodle" / "Grades.csv"
    write_file(download, demo.download)
    write_file(worksheet, demo.worksheet)
    rubric = out / STAGE / "rubric.csv"
    if not rubric.exists():
        write_file(rubric, demo.rubric.encode())
    options = pool_options(course.configuration.sandbox.minimum, workers, unsafe=unsafe)
    source = moodle_files(course, download, worksheet, out / STAGE)
    with progress(STAGE) as start:
        request = GradingRequest(source, out, gradebook_url(None, out), by="demo", options=options)
        report = grade_download(course, stage, request, start)
    console = Console()
    print_class(console, report, report.summary)
    console.print(f"[bold]from Moodle[/] {download} and {worksheet}", highlight=False)
    print_report(console, report)
    return 0
