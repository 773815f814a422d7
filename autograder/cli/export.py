"""``autograder export`` and ``import``: other graders that work from the same stages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from autograder.cli.completion import stage_names
from autograder.cli.grade import OUT, user_name
from autograder.commandline import example
from autograder.course import read_course
from autograder.errors import UsageError
from autograder.hostiletext import visible_line
from autograder.outputfiles import write_file


@click.group("export", epilog=example("autograder export nbgrader nbgrader-course s04 --worksheet Grades.csv"))
def export_command() -> None:
    """Write stages for another grader."""


def _require(package: str, extra: str) -> None:
    if find_spec(package) is None:
        raise UsageError(f"{package} is not installed: pip install 'autograder[{extra}]'")


@export_command.command(
    "nbgrader", epilog=example("autograder export nbgrader nbgrader-course s04 --worksheet Grades.csv")
)
@click.argument("folder", metavar="COURSE_DIR", type=click.Path(path_type=Path, file_okay=False))
@click.argument("stages", nargs=-1, shell_complete=stage_names)
@click.option(
    "--worksheet",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Moodle's grading worksheet: its participants become nbgrader's students.",
)
@click.option("--unsafe", is_flag=True, help="Grade and execute notebooks without a sandbox; every result says so.")
@click.pass_obj
def nbgrader_command(root: Path, folder: Path, stages: tuple[str, ...], worksheet: Path | None, *, unsafe: bool) -> int:
    """Write COURSE_DIR for nbgrader: its configuration, a source notebook for each of STAGES, and the students.

    Without STAGES, all are written. nbgrader's own commands then work in COURSE_DIR: docs/notebooks.md has them in
    order.
    """
    _require("nbgrader", "nbgrader")
    from autograder.channels.nbgradercourse import export_course

    course = read_course(root)
    chosen = [course.stage(name) for name in stages or course.configuration.stages]
    for line in export_course(course, chosen, folder, worksheet, unsafe=unsafe):
        click.echo(line)
    click.echo(f"next: cd {folder} && nbgrader generate_assignment {chosen[0].name}")
    return 0


def _write_zip(path: Path, data: bytes, words: str) -> None:
    write_file(path, data, private=True)
    click.echo(f"{path}: {words}")


_UNSAFE = click.option("--unsafe", is_flag=True, help="Allow grading without a sandbox there; results say so.")


@export_command.command("gradescope", epilog=example("autograder export gradescope s04"))
@click.argument("stage", shell_complete=stage_names)
@click.option("--out", type=OUT, default=Path("gradescope"), show_default=True, help="Where the zip is written.")
@_UNSAFE
@click.pass_obj
def gradescope_command(root: Path, stage: str, out: Path, *, unsafe: bool) -> int:
    """Write the zip that Gradescope takes as the autograder of STAGE.

    It holds the hidden tests and the reference: never give it to students.
    """
    from autograder.channels.gradescopebundle import gradescope_bundle

    course = read_course(root)
    chosen = course.stage(stage)
    data = gradescope_bundle(course, chosen, unsafe=unsafe)
    _write_zip(out / f"{chosen.name}.zip", data, "upload it as the autograder; it holds the hidden tests")
    return 0


@export_command.command("otter", epilog=example("autograder export otter s04"))
@click.argument("stage", shell_complete=stage_names)
@click.option("--out", type=OUT, default=Path("otter"), show_default=True, help="Where the two zips are written.")
@_UNSAFE
@click.pass_obj
def otter_command(root: Path, stage: str, out: Path, *, unsafe: bool) -> int:
    """Write STAGE for otter-grader: a zip for students, and autograder.zip for `otter run` and Gradescope.

    autograder.zip holds the hidden tests and the reference: never give it to students.
    """
    from autograder.channels.otterbundle import autograder_zip, student_zip

    course = read_course(root)
    chosen = course.stage(stage)
    folder = out / chosen.name
    _write_zip(folder / "student.zip", student_zip(course, chosen), "for students")
    words = "for otter run, otter grade and Gradescope; it holds the hidden tests"
    _write_zip(folder / "autograder.zip", autograder_zip(course, chosen, unsafe=unsafe), words)
    return 0


@click.group("import", epilog=example("autograder import nbgrader nbgrader-course/gradebook.db"))
def import_command() -> None:
    """Take over what staff marked in another grader."""


@import_command.command("nbgrader", epilog=example("autograder import nbgrader nbgrader-course/gradebook.db s04"))
@click.argument("database", metavar="GRADEBOOK", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("stages", nargs=-1, shell_complete=stage_names)
@click.option("--out", type=OUT, default=Path("marks"), show_default=True, help="Where grade put its files.")
@click.option("--by", help="Who marked; your user name by default.")
@click.option("--overwrite", is_flag=True, help="Replace also points and remarks that the kit has already.")
@click.pass_obj
def import_nbgrader_command(
    root: Path, database: Path, stages: tuple[str, ...], out: Path, by: str | None, *, overwrite: bool
) -> int:
    """Bring manual points and comments of nbgrader's GRADEBOOK back as rubric points and remarks.

    Points of a criterion that the kit has with another value are named as conflicts, and the kit's stay. Without
    STAGES, every stage of the gradebook is read.
    """
    from autograder.channels.compared import import_manual
    from autograder.channels.nbgradergrades import read_assignments

    course = read_course(root)
    names = [course.stage(name).name for name in stages] or read_assignments(database, course.configuration.stages)
    for name in names:
        for line in import_manual(course, course.stage(name), database, out, by or user_name(), overwrite=overwrite):
            click.echo(visible_line(f"{name}: {line}"))
    return 0
