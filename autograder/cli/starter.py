"""``autograder starter``: build the students' bundle, or check that it is up to date."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from autograder.commandline import counted, example
from autograder.course import Course, read_course
from autograder.course.due import latest_moment, written_moment
from autograder.errors import UsageError
from autograder.gradebook import open_gradebook
from autograder.outputfiles import write_file
from autograder.runner.runtimes import RuntimeName
from autograder.starter import (
    Extensions,
    Opening,
    build_starter,
    difference,
    entry,
    leaks,
    leftovers,
    measure_reference_use,
    new_stage,
    open_at,
    question_problems,
    read_reference_use,
    recorded_extensions,
    released_files,
    spec_problems,
    unmeasured,
    zip_bytes,
)


@click.command(
    "new-stage",
    epilog=example(
        "autograder new-stage s14_transfer --runtime numpy", "autograder new-stage s15_unet --runtime torch"
    ),
)
@click.option(
    "--runtime",
    type=click.Choice([str(name) for name in RuntimeName]),  # of an enum click would take the members' names
    help="What the stage's code may import: numpy alone, or torch too. Asked for in a terminal.",
)
@click.argument("name")
@click.pass_obj
def new_stage_command(root: Path, name: str, runtime: str | None) -> int:
    """Copy the templates for a stage NAME.

    Its folders in assignments/ and solutions/ are made, and an entry is added at the end of grading.yml.
    """
    root, chosen = read_course(root).root, RuntimeName(runtime or _asked_for())
    for path, text in new_stage(root, name, chosen).items():
        write_file(path, text.encode())
        click.echo(path.relative_to(root))
    policy = root / "grading.yml"
    write_file(policy, (policy.read_text(encoding="utf-8").rstrip("\n") + "\n" + entry(name, chosen)).encode())
    click.echo(f"grading.yml: an entry at its end. Next: autograder prove {name} --update")
    return 0


def _asked_for() -> str:
    """The runtime, from whoever is at the terminal.

    Raises:
        UsageError: nobody is.
    """
    names = [str(name) for name in RuntimeName]
    if not sys.stdin.isatty():
        raise UsageError(f"say with --runtime what the stage's code may import: {' or '.join(names)}")
    answer: str = click.prompt("What the stage's code may import", type=click.Choice(names))
    return answer


@click.command(
    "starter",
    epilog=example(
        "autograder starter",
        "autograder starter --check",
        "autograder starter --measure s08",
        "autograder starter --at '2027-02-15 09:00' --zip starter.zip --gradebook sqlite:///marks/gradebook.db",
    ),
)
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if starter/ differs from what would be built.")
@click.option(
    "--measure",
    "stages",
    metavar="STAGE",
    multiple=True,
    help="Measure the reference of STAGE in its public time tests and write assignments/STAGE/budgets.json.",
)
@click.option("--at", metavar="DATE", help="A bundle with the stages that are open at DATE; a date alone means 00:00.")
@click.option("--out", type=click.Path(path_type=Path), help="With --at: a new or empty folder for the bundle.")
@click.option(
    "--zip", "zip_path", type=click.Path(dir_okay=False, path_type=Path), help="With --at: the bundle as one file."
)
@click.option("--gradebook", "url", help="With --at: SQLAlchemy URL; its extensions delay the release of references.")
@click.option("--latest-extension", metavar="DATE", help="With --at: the latest due date that anybody was given.")
@click.pass_obj
def starter_command(
    root: Path,
    *,
    check: bool,
    stages: tuple[str, ...],
    at: str | None,
    out: Path | None,
    zip_path: Path | None,
    url: str | None,
    latest_extension: str | None,
) -> int:
    """Build starter/ from assignments/ and solutions/, or with --at the bundle of one day.

    Nothing is built where a solution would be given away, text of the templates is left in a stage, or a specification
    has another form than the common one, other points than grading.yml, or a date.
    """
    course = read_course(root)
    if stages:
        if check or at is not None or out or zip_path or url or latest_extension:
            raise UsageError("--measure goes with no other option")
        return _measure(course, stages)
    if at is not None:
        if check or (out is None and zip_path is None):
            raise UsageError("--at goes with --out DIR, --zip FILE or both, and without --check")
        zone = course.configuration.module.zone
        moment, latest = written_moment(at, zone), latest_moment(latest_extension, zone)
        extensions = _extensions(url, course) if url else None
        return _dated(course, open_at(course, moment, extensions, latest), out, zip_path)
    if out or zip_path or url or latest_extension:
        raise UsageError("--out, --zip, --gradebook and --latest-extension go with --at DATE")
    files = build_starter(course)
    folder = course.root / "starter"
    problems = [
        *leftovers(course),
        *spec_problems(course),
        *question_problems(course),
        *unmeasured(course),
        *leaks(course, files),
    ]
    if check:
        problems += difference(files, folder)
    elif not problems:
        shutil.rmtree(folder, ignore_errors=True)
        for path, data in files.items():
            write_file(folder / path, data)
        click.echo(f"starter/: {counted(len(files), 'file')}")
    return _report(problems)


def _measure(course: Course, stages: Iterable[str]) -> int:
    """Write what was measured; the old value of each test beside the new one."""
    for name in stages:
        stage = course.stage(name)
        before = read_reference_use(stage)
        files = dict(stage.reference_files())
        for need in stage.all_needs():
            files |= course.stage(need).reference_files()
        bundle = build_starter(course, {path: text.encode() for path, text in files.items()})
        found = measure_reference_use(stage, bundle)
        if found:
            write_file(stage.reference_use_file, (json.dumps(found, indent=2, sort_keys=True) + "\n").encode())
        else:
            stage.reference_use_file.unlink(missing_ok=True)
            click.echo(f"{stage.name}: no public test has a time budget")
        for test, use in found.items():
            old = f" (it was {before[test]['yardsticks']:g})" if test in before else ""
            click.echo(f"{stage.name} {test}: {use['yardsticks']:g} times the yardstick{old}")
    return 0


def _extensions(url: str, course: Course) -> Extensions:
    book = open_gradebook(url, create=False, time_zone=course.configuration.module.time_zone)
    try:
        return recorded_extensions(book, list(course.configuration.stages))
    finally:
        book.close()


def _dated(course: Course, opening: Opening, out: Path | None, zip_path: Path | None) -> int:
    """Write the bundle of one day; stages that are not in it may be unfinished."""
    if out is not None and (out.is_file() or (out.is_dir() and any(out.iterdir()))):
        raise UsageError(f"{out}: something is there already; name a new or empty folder with --out")
    files = build_starter(opening.course, released_files(opening.course, opening.closed))
    left = [line for line in leftovers(opening.course) if not line.startswith("grading.yml:")]
    problems = [
        *left,
        *spec_problems(opening.course),
        *question_problems(opening.course),
        *unmeasured(opening.course),
        *leaks(course, files, opening.closed),
    ]
    if not problems:
        for path, data in files.items() if out is not None else ():
            write_file((out or Path()) / path, data)
        if zip_path is not None:
            write_file(zip_path, zip_bytes(files))
        for line in opening.lines:
            click.echo(line)
        click.echo(f"{' and '.join(str(place) for place in (out, zip_path) if place)}: {counted(len(files), 'file')}")
    return _report(problems)


def _report(problems: list[str]) -> int:
    for problem in problems:
        click.echo(problem, err=True)
    return 1 if problems else 0
