"""``autograder moodle …``: forecast, verify, pull, push, status, undo and doctor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from autograder.cli.final import final
from autograder.cli.grade import gradebook_url
from autograder.cli.moodle_criteria import criteria_points
from autograder.cli.moodle_doctor import show_findings
from autograder.cli.moodle_files import forecast_command, verify_command
from autograder.cli.moodle_options import BOOK, FILE, FOLDER, MAXIMUM, OUT, SITE, ZONE, because, exit_if
from autograder.cli.moodle_settings import optional_maximum, optional_zone, read_settings
from autograder.commandline import SETTINGS, counted, example
from autograder.gradebook import GradebookLog, open_gradebook
from autograder.hostiletext import short_line
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.importer.readback import read_files, read_marks
from autograder.moodle.web.client import MoodleClient, open_client
from autograder.moodle.web.doctor import examine
from autograder.moodle.web.moodle_version import version_note
from autograder.moodle.web.pull import MANIFEST, pull, read_manifest
from autograder.moodle.web.push import push
from autograder.moodle.web.push_entry import PushEntry, Sent
from autograder.moodle.web.recipient import PushOptions
from autograder.moodle.web.remote import RemoteAssignment, find_assignment, require_remote_maximum
from autograder.moodle.web.status import read_status
from autograder.moodle.web.token import find_token
from autograder.moodle.web.undo import undo


def _log(function: Callable[..., None]) -> Callable[..., None]:
    """The options for the gradebook that holds the log."""
    return OUT(BOOK(function))


@click.group(
    context_settings=SETTINGS,
    epilog=example("autograder moodle forecast worksheet.csv --now Grades-now.csv", "autograder moodle push --help"),
)
def moodle() -> None:
    """Send marks and feedback to Moodle, by files or web services.

    forecast and verify need only the worksheets. The others need a token for Moodle's web services in
    AUTOGRADER_MOODLE_TOKEN or in the keyring.
    """


moodle.add_command(final)
moodle.add_command(forecast_command)
moodle.add_command(verify_command)


@moodle.command(
    "pull", context_settings=SETTINGS, epilog=example('autograder moodle pull COMP47650 "Optimisers" --folder pulled')
)
@click.argument("course")
@click.argument("assignment")
@click.option("--folder", type=FOLDER, required=True, help="Where to write download.zip, worksheet.csv and pull.json.")
@SITE
@ZONE
@MAXIMUM
@click.pass_obj
def pull_command(
    root: Path | None,
    course: str,
    assignment: str,
    folder: Path,
    site: str,
    time_zone: str | None,
    maximum: float | None,
) -> None:
    """Fetch submissions and worksheet of ASSIGNMENT (a name or number) in COURSE (its short name)."""
    settings = read_settings(root, time_zone, maximum)
    with _client(site) as client:
        remote = find_assignment(client, course, assignment)
        require_remote_maximum(remote, settings.maximum)
        fetched: list[str] = []
        pulled = pull(client, remote, folder, time_zone=settings.time_zone, progress=fetched.append)
    if pulled.not_active:
        people = counted(len(pulled.not_active), "person", "people")
        click.echo(
            f"left out: {people} who submitted and are no active participants in Moodle (suspended, unenrolled, or "
            f"their enrolment has ended): {', '.join(pulled.not_active)}"
        )
    click.echo(f"{counted(len(fetched), 'file')} fetched")
    click.echo(
        f"{pulled.submissions} of {pulled.people} have submitted something: {pulled.download}, {pulled.worksheet}"
    )


@moodle.command(
    "push",
    context_settings=SETTINGS,
    epilog=example(
        'autograder moodle push COMP47650 "Optimisers" --worksheet worksheet.csv --dry-run',
        'autograder moodle push COMP47650 "Optimisers" --worksheet worksheet.csv --feedback feedback.zip',
    ),
)
@click.argument("course")
@click.argument("assignment")
@click.option("--worksheet", "sheet_path", type=FILE, required=True, help="As written by autograder grade.")
@click.option("--feedback", "zip_path", type=FILE, help="As written by autograder grade.")
@click.option("--pulled", type=FOLDER, help="The folder of the pull: a mark changed since is not overwritten.")
@click.option("--run", help="A name for this push.")
@click.option("--overwrite", "--force", "force", is_flag=True, help="Replace also marks that were changed in Moodle.")
@click.option("--dry-run", is_flag=True, help="Only list what would be sent.")
@click.option("--drafts", is_flag=True, help="Also send marks for drafts.")
@click.option("--workflow", default="", help="Set this workflow state, such as released.")
@click.option("--scale", help="The scale's words in order, separated by commas.")
@click.option("--stage", help="Whose points fill a rubric or marking guide in Moodle.")
@MAXIMUM
@SITE
@_log
@click.pass_obj
def push_command(
    root: Path | None, /, course: str, assignment: str, site: str, out: Path, url: str | None, **options: Any
) -> None:
    """Send marks and feedback, read each back, and log what was there before."""
    maximum = optional_maximum(root, options["maximum"])
    pulled = options["pulled"]
    settings = PushOptions(
        run=options["run"] or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        force=options["force"],
        dry_run=options["dry_run"],
        drafts=options["drafts"],
        workflow=options["workflow"],
        scale=tuple(word.strip() for word in (options["scale"] or "").split(",") if word.strip()),
        known=read_manifest(pulled / MANIFEST) if pulled else {},
        criteria=criteria_points(root, options["stage"], gradebook_url(url, out)) if options["stage"] else None,
    )
    marks = read_marks(options["sheet_path"])
    files = read_files(options["zip_path"]) if options["zip_path"] else {}
    with _client(site) as client, _gradebook_log(out, url) as log:
        remote = find_assignment(client, course, assignment)
        if not settings.scale:
            require_remote_maximum(remote, maximum)
        if not remote.is_team_work:  # a new report goes out also where mark and comment stay as they are
            marks = {**{key: OutgoingGrade(None) for key in files}, **marks}
        entries = push(client, remote, marks, files, log, settings, _show_entry)
    _show_total(entries, f"run {settings.run}")


@moodle.command("status", context_settings=SETTINGS, epilog=example('autograder moodle status COMP47650 "Optimisers"'))
@click.argument("course")
@click.argument("assignment")
@SITE
@_log
def status_command(course: str, assignment: str, site: str, out: Path, url: str | None) -> None:
    """List what was submitted, what is marked, and what was changed in Moodle since the last push."""
    with _client(site) as client, _gradebook_log(out, url) as log:
        remote = find_assignment(client, course, assignment)
        now = read_status(client, remote, log)
    people = counted(now.people, "person", "people")
    click.echo(f"{short_line(remote.name)}: {people}, {now.graded} graded, {now.pushed} sent by this log")
    for status, number in sorted(now.statuses.items()):
        click.echo(f"  {short_line(status)}: {number}")
    for title, keys in (("changed in Moodle since", now.changed), ("submitted, nothing sent", now.not_pushed)):
        if keys:
            click.echo(f"  {title}: {', '.join(map(short_line, keys))}")


@moodle.command(
    "undo",
    context_settings=SETTINGS,
    epilog=example('autograder moodle undo COMP47650 "Optimisers" 2027-02-22T09:00:00Z --dry-run'),
)
@click.argument("course")
@click.argument("assignment")
@click.argument("run")
@click.option(
    "--overwrite", "--force", "force", is_flag=True, help="Restore marks that were changed since the push, too."
)
@click.option("--dry-run", is_flag=True, help="Only list what would be restored.")
@SITE
@_log
def undo_command(
    *, course: str, assignment: str, run: str, site: str, out: Path, url: str | None, force: bool, dry_run: bool
) -> None:
    """Restore what was in Moodle before the push RUN."""
    with _client(site) as client, _gradebook_log(out, url) as log:
        remote: RemoteAssignment = find_assignment(client, course, assignment)
        entries = undo(client, remote, log, run, force=force, dry_run=dry_run, progress=_show_entry)
    _show_total(entries, f"undo of {run}")


@moodle.command("doctor", context_settings=SETTINGS, epilog=example('autograder moodle doctor COMP47650 "Optimisers"'))
@click.argument("course")
@click.argument("assignment")
@SITE
@MAXIMUM
@click.pass_obj
def doctor_command(root: Path | None, course: str, assignment: str, site: str, maximum: float | None) -> None:
    """Look at a token and an assignment before results night, and list what will not work, each with a remedy.

    Nothing is changed in Moodle. The exit code is 1 if something will not work, 2 if Moodle refuses the token. The
    right to save a mark cannot be tried without saving one.
    """
    expected = optional_maximum(root, maximum)
    client = open_client(site, find_token(site))
    with client.http:
        exit_if(show_findings(examine(client, course, assignment, expected)))


@contextmanager
def _gradebook_log(out: Path, url: str | None) -> Iterator[GradebookLog]:
    zone = optional_zone(click.get_current_context().obj)
    book = open_gradebook(gradebook_url(url, out), time_zone=zone)
    try:
        yield GradebookLog(book)
    finally:
        book.close()


@contextmanager
def _client(site: str) -> Iterator[MoodleClient]:
    client = open_client(site, find_token(site))
    with client.http:
        if note := version_note(client):
            click.echo(note)
        yield client


def _show_entry(entry: PushEntry) -> None:
    if entry.result is not Sent.ALREADY:
        click.echo(f"{short_line(entry.key)} {short_line(entry.name, 32)}: {entry.result}{because(entry.why)}")


def _show_total(entries: Sequence[PushEntry], title: str) -> None:
    counts = Counter(entry.result for entry in entries)
    click.echo(
        f"{title}: " + (", ".join(f"{counts[result]} {result}" for result in Sent if counts[result]) or "nothing")
    )
    exit_if(any(counts[result] for result in (Sent.CONFLICT, Sent.FAILED, Sent.LEFT_OUT, Sent.PART)))
