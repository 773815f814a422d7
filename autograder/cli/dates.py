"""``autograder shift-dates``: this year's dates become next year's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from autograder.commandline import example
from autograder.course import read_course
from autograder.course.reading import read_configuration
from autograder.course.shifting import days_between, moved_dates, shifted_text, stale_comments
from autograder.course.textfiles import read_exact_text
from autograder.errors import UsageError
from autograder.outputfiles import write_file


@click.command(
    "shift-dates",
    epilog=example("autograder shift-dates --to 2028-01-17", "autograder shift-dates --days 364 --write"),
)
@click.option(
    "--to", metavar="DATE", help="The new first day of teaching, on the same day of the week as module.starts."
)
@click.option("--days", type=int, help="How many days to move every date; 364 keeps the day of the week.")
@click.option("--write", is_flag=True, help="Write grading.yml; without it the new text is printed.")
@click.pass_obj
def shift_dates_command(root: Path, *, to: str | None, days: int | None, write: bool) -> int:
    """Move every date of grading.yml, for the next year.

    Times of day, zones, comments and layout stay. Each date is listed with its day of the week.
    """
    course = read_course(root, check=False)
    if (to is None) == (days is None):
        raise UsageError("give either --to DATE or --days N")
    if to is not None:
        days = days_between(course.configuration.module.starts, _day(to))
    path = course.root / "grading.yml"
    text = read_exact_text(path, "grading.yml")
    dates = moved_dates(text, days or 0)
    shifted = shifted_text(text, dates)
    read_configuration(shifted)
    if write:
        write_file(path, shifted.encode())
    else:
        click.echo(shifted, nl=False)
    for moved in dates:
        weekend = moved.is_weekend and moved.key.endswith((".due", ".opens"))
        click.echo(f"{moved}{f'  (warning: a {moved.after:%A})' if weekend else ''}", err=not write)
    for line in stale_comments(shifted, dates):
        click.echo(line, err=not write)
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--to {text!r} is not a date; write it as 2028-01-17") from None
