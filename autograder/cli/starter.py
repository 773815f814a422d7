"""``autograder starter``: build the students' bundle, or check that it is as it should be."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from autograder.course import read_course
from autograder.pipeline.files import write_file
from autograder.starter import build_starter, difference, leaks


@click.command("starter")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if starter/ differs or gives a solution away.")
@click.pass_obj
def starter_command(root: Path, *, check: bool) -> int:
    """Build starter/ from assignments/ and solutions/."""
    course = read_course(root)
    files = build_starter(course)
    folder = course.root / "starter"
    problems = leaks(course, files)
    if check:
        problems += difference(files, folder)
    elif not problems:
        shutil.rmtree(folder, ignore_errors=True)
        for path, data in files.items():
            write_file(folder / path, data)
        click.echo(f"starter/: {len(files)} files")
    for problem in problems:
        click.echo(problem, err=True)
    return 1 if problems else 0
