"""Options and ends of lines that the commands on Moodle share."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.hostiletext import short_line

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
WORDS = click.option("--words", type=FILE, help="Words of a Moodle in another language (TOML).")
ZONE = click.option("--time-zone", help="Of your account in Moodle; by default the module's, from grading.yml.")
MAXIMUM = click.option(
    "--maximum", type=click.FloatRange(min=0, min_open=True), help="Maximum grade; by default that of grading.yml."
)
SITE = click.option("--site", envvar="AUTOGRADER_MOODLE_SITE", required=True, help="https://moodle.example.org")
OUT = click.option("--out", type=FOLDER, default=Path("marks"), show_default=True, help="Where grade put its files.")
BOOK = click.option("--gradebook", "url", help="SQLAlchemy URL; gradebook.db in the output folder by default.")


def because(why: str) -> str:
    """Return a reason in brackets, safe for a terminal; '' where there is none."""
    return f" ({short_line(why, 300)})" if why else ""


def exit_if(condition: object) -> None:
    """End with exit code 1 if something was not as it should be."""
    if condition:
        raise click.exceptions.Exit(1)
