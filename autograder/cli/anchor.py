"""``autograder anchor``: a person accepts a gradebook that its anchor contradicts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from autograder.cli.grade import GRADEBOOK_HELP, OUT, gradebook_url, user_name
from autograder.cli.moodle_settings import read_settings
from autograder.commandline import example
from autograder.errors import UsageError
from autograder.gradebook import open_gradebook
from autograder.hostiletext import visible_line


@click.command(
    "anchor", epilog=example('autograder anchor --reason "restored from the backup of 3 March: the disk was lost"')
)
@click.option("--reason", required=True, help="Why the gradebook is right as it is; verify lists it from now on.")
@click.option("--by", help="Who decides; your user name by default.")
@click.option("--out", type=OUT, default=Path("marks"), show_default=True, help="Where grade put its files.")
@click.option("--gradebook", "url", help=GRADEBOOK_HELP)
@click.pass_obj
def anchor_command(root: Path | None, reason: str, by: str | None, out: Path, url: str | None) -> int:
    """Accept the gradebook as it is, where it lacks rows that it once had.

    After each change the ends of the gradebook's chains are noted in a private file beside the course secret: its
    anchor. On another machine, or with a backup copy, the anchor is missing or contradicts the gradebook, and nothing
    is written. This command anchors it anew and keeps who accepted what, and why. A row that was changed stays one:
    verify reports it as before.
    """
    if not reason.strip():
        raise UsageError("--reason is empty; write why, in a few words")
    folder = root or Path()
    zone = read_settings(folder).time_zone if (folder / "grading.yml").is_file() else "UTC"
    with closing(open_gradebook(gradebook_url(url, out, create=False), create=False, time_zone=zone)) as book:
        accepted = book.accept(reason.strip(), by or user_name())
    console = Console()
    for line in accepted or ["nothing contradicted the gradebook"]:
        console.print(f"accepted: {escape(visible_line(line))}", highlight=False, soft_wrap=True)
    return 0
