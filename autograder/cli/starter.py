"""``autograder starter``: build the students' bundle, or check that it is up to date."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from autograder.commandline import example
from autograder.course import read_course
from autograder.pipeline.files import write_file
from autograder.runner.runtimes import RuntimeName
from autograder.starter import build_starter, difference, entry, leaks, leftovers, new_stage, spec_problems


@click.command(
    "new-stage",
    epilog=example("autograder new-stage s14_transfer", "autograder new-stage s15_unet --runtime torch"),
)
@click.option(
    "--runtime",
    type=click.Choice([*RuntimeName]),
    default=RuntimeName.NUMPY.value,
    show_default=True,
    help="What the stage's code may import: numpy alone, or torch too.",
)
@click.argument("name")
@click.pass_obj
def new_stage_command(root: Path, name: str, runtime: str) -> int:
    """Copy the templates for a stage NAME.

    Its folders in assignments/ and solutions/ are made, and an entry is added at the end of grading.yml.
    """
    root, chosen = read_course(root).root, RuntimeName(runtime)
    for path, text in new_stage(root, name, chosen).items():
        write_file(path, text.encode())
        click.echo(path.relative_to(root))
    policy = root / "grading.yml"
    write_file(policy, (policy.read_text(encoding="utf-8").rstrip("\n") + "\n" + entry(name, chosen)).encode())
    click.echo(f"grading.yml: an entry at its end. Next: autograder prove {name} --update")
    return 0


@click.command("starter", epilog=example("autograder starter", "autograder starter --check"))
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if starter/ differs from what would be built.")
@click.pass_obj
def starter_command(root: Path, *, check: bool) -> int:
    """Build starter/ from assignments/ and solutions/.

    Nothing is built where a solution would be given away, text of the templates is left in a stage, or a specification
    has another form than the common one or other points than grading.yml.
    """
    course = read_course(root)
    files = build_starter(course)
    folder = course.root / "starter"
    problems = [*leftovers(course), *spec_problems(course), *leaks(course, files)]
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
