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
from autograder.cli.moodle_settings import optional_maximum, optional_zone, read_settings
from autograder.commandline import SETTINGS, counted, example
from autograder.errors import UsageError
from autograder.gradebook import GradebookLog, open_gradebook
from autograder.hostiletext import short_line
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.comparison import compare
from autograder.moodle.files.vocabulary import load_vocabulary
from autograder.moodle.files.worksheet import read_worksheet, require_complete, require_maximum
from autograder.moodle.importer.forecast import CellForecast, Effect, SheetForecast, UploadSettings, forecast_worksheet
from autograder.moodle.importer.forecast_files import FileForecast, forecast_feedback
from autograder.moodle.importer.readback import entry_numbers, read_files, read_marks
from autograder.moodle.web.client import MoodleClient, find_token, open_client
from autograder.moodle.web.doctor import examine
from autograder.moodle.web.moodle_version import version_note
from autograder.moodle.web.pull import MANIFEST, pull, read_manifest
from autograder.moodle.web.push import PushEntry, PushOptions, Sent, push
from autograder.moodle.web.remote import RemoteAssignment, find_assignment, require_remote_maximum
from autograder.moodle.web.status import read_status
from autograder.moodle.web.undo import undo

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_WORDS = click.option("--words", type=_FILE, help="Words of a Moodle in another language (TOML).")
_ZONE = click.option("--time-zone", help="Of your account in Moodle; by default the module's, from grading.yml.")
_MAXIMUM = click.option(
    "--maximum", type=click.FloatRange(min=0, min_open=True), help="Maximum grade; by default that of grading.yml."
)
_SITE = click.option("--site", envvar="AUTOGRADER_MOODLE_SITE", required=True, help="https://moodle.example.org")
_OUT = click.option("--out", type=_FOLDER, default=Path("marks"), show_default=True, help="Where grade put its files.")
_BOOK = click.option("--gradebook", "url", help="SQLAlchemy URL; gradebook.db in the output folder by default.")


def _log(function: Callable[..., None]) -> Callable[..., None]:
    """The options for the gradebook that holds the log."""
    return _OUT(_BOOK(function))


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


@moodle.command(
    "forecast",
    context_settings=SETTINGS,
    epilog=example("autograder moodle forecast marks/s04_optimisers/worksheet.csv --now Grades-now.csv"),
)
@click.argument("upload", type=_FILE)
@click.option("--now", "known_path", type=_FILE, required=True, help="The worksheet as downloaded now.")
@click.option(
    "--download",
    "download_path",
    type=_FILE,
    help="Moodle's zip of submissions, which has the teams' numbers: for a feedback zip of teams.",
)
@click.option("--overwrite-newer", is_flag=True, help="You will tick 'Allow updating records that …'.")
@click.option("--server-zone", help="The server's time zone, if it is not yours.")
@_ZONE
@_MAXIMUM
@_WORDS
@click.pass_obj
def forecast_command(
    root: Path | None,
    *,
    upload: Path,
    known_path: Path,
    download_path: Path | None,
    overwrite_newer: bool,
    server_zone: str | None,
    time_zone: str | None,
    maximum: float | None,
    words: Path | None,
) -> None:
    """List what Moodle will do with a worksheet or a feedback zip, before you upload it."""
    course = read_settings(root, time_zone, maximum)
    vocabulary = load_vocabulary(words)
    known = read_worksheet(known_path, words=vocabulary)
    require_complete(known)
    if course.maximum is not None and not known.has_scale:
        require_maximum(known, course.maximum)
    if upload.suffix.lower() == ".zip":
        numbers = set(known.by_id)
        if known.is_team_work:
            if download_path is None:
                raise UsageError("where teams submit, feedback goes by the teams' numbers: give --download, too")
            numbers = entry_numbers(download_path)
        _show_files(forecast_feedback(upload.read_bytes(), numbers))
        return
    settings = UploadSettings(
        file_name=upload.name,
        overwrite_newer=overwrite_newer,
        reader_zone=course.time_zone,
        server_zone=server_zone,
        decimal_sign=vocabulary.decimal_sign(course.language),
    )
    _show_sheet(forecast_worksheet(upload.read_bytes(), known, settings))


def _show_files(files: Sequence[FileForecast]) -> None:
    for file in files:
        target = f"participant {file.number} {file.path}" if file.number else file.entry
        click.echo(f"{file.effect:8} {short_line(target)}{_because(file.why)}")
    counts = Counter(file.effect for file in files)
    click.echo(f"{counted(counts[Effect.SET], 'file')} will be released, {counts[Effect.SKIPPED]} skipped silently")
    _exit_if(not counts[Effect.SET] or counts[Effect.SKIPPED])


def _show_sheet(sheet: SheetForecast) -> None:
    if sheet.refused:
        raise UsageError(f"Moodle will apply nothing: {sheet.refused}")
    if sheet.lost:
        click.echo(f"Save the file as UTF-8: {sheet.lost}")
    for row in sheet.rows:
        for kind, cell in (("grade", row.grade), ("comment", row.comment)):
            if cell.effect is not Effect.NOTHING:
                click.echo(_cell_line(row.identifier, row.name, kind, cell))
    effects = Counter(cell.effect for row in sheet.rows for cell in (row.grade, row.comment))
    click.echo(", ".join(f"{effects[effect]} {effect}" for effect in Effect if effect is not Effect.NOTHING))
    _exit_if(effects[Effect.SKIPPED] or effects[Effect.ERASED] or sheet.lost)


def _cell_line(identifier: str, name: str, kind: str, cell: CellForecast) -> str:
    before = f"{short_line(cell.before, 40)} → " if cell.before else ""
    value = before + short_line(cell.value, 40)
    return f"{short_line(identifier, 24)} {short_line(name, 32)}: {kind} {cell.effect} {value}{_because(cell.why)}"


@moodle.command(
    "verify", context_settings=SETTINGS, epilog=example("autograder moodle verify worksheet.csv Grades-after.csv")
)
@click.argument("sent_path", metavar="SENT", type=_FILE)
@click.argument("new_path", metavar="NEW", type=_FILE)
@_WORDS
def verify_command(sent_path: Path, new_path: Path, words: Path | None) -> None:
    """Compare a worksheet downloaded after the upload with the one that was sent."""
    vocabulary = load_vocabulary(words)
    sent = read_worksheet(sent_path, words=vocabulary, grades_may_be_words=True)
    differences = compare(sent, read_worksheet(new_path, words=vocabulary))
    for one in differences:
        where = f"{short_line(one.participant_id)} {short_line(one.name, 32)}"
        texts = f"sent {short_line(one.sent, 60)!r}, Moodle has {short_line(one.found, 60)!r}"
        click.echo(f"{where}: {one.what}: {texts}{_because(one.why)}")
    click.echo(f"{counted(len(sent.rows), 'row')} sent, {counted(len(differences), 'difference')}")
    _exit_if(differences)


@moodle.command(
    "pull", context_settings=SETTINGS, epilog=example('autograder moodle pull COMP47650 "Optimisers" --folder pulled')
)
@click.argument("course")
@click.argument("assignment")
@click.option("--folder", type=_FOLDER, required=True, help="Where to write download.zip, worksheet.csv and pull.json.")
@_SITE
@_ZONE
@_MAXIMUM
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
@click.option("--worksheet", "sheet_path", type=_FILE, required=True, help="As written by autograder grade.")
@click.option("--feedback", "zip_path", type=_FILE, help="As written by autograder grade.")
@click.option("--pulled", type=_FOLDER, help="The folder of the pull: a mark changed since is not overwritten.")
@click.option("--run", help="A name for this push.")
@click.option("--overwrite", "--force", "force", is_flag=True, help="Replace also marks that were changed in Moodle.")
@click.option("--dry-run", is_flag=True, help="Only list what would be sent.")
@click.option("--drafts", is_flag=True, help="Also send marks for drafts.")
@click.option("--workflow", default="", help="Set this workflow state, such as released.")
@click.option("--scale", help="The scale's words in order, separated by commas.")
@click.option("--stage", help="Whose points fill a rubric or marking guide in Moodle.")
@_MAXIMUM
@_SITE
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
@_SITE
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
@_SITE
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
@_SITE
@_MAXIMUM
@click.pass_obj
def doctor_command(root: Path | None, course: str, assignment: str, site: str, maximum: float | None) -> None:
    """Look at a token and an assignment before results night, and list what will not work, each with a remedy.

    Nothing is changed in Moodle. The exit code is 1 if something will not work, 2 if Moodle refuses the token. The
    right to save a mark cannot be tried without saving one.
    """
    expected = optional_maximum(root, maximum)
    client = open_client(site, find_token(site))
    with client.http:
        _exit_if(show_findings(examine(client, course, assignment, expected)))


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
        click.echo(f"{short_line(entry.key)} {short_line(entry.name, 32)}: {entry.result}{_because(entry.why)}")


def _show_total(entries: Sequence[PushEntry], title: str) -> None:
    counts = Counter(entry.result for entry in entries)
    click.echo(
        f"{title}: " + (", ".join(f"{counts[result]} {result}" for result in Sent if counts[result]) or "nothing")
    )
    _exit_if(any(counts[result] for result in (Sent.CONFLICT, Sent.FAILED, Sent.LEFT_OUT, Sent.PART)))


def _because(why: str) -> str:
    return f" ({short_line(why, 300)})" if why else ""


def _exit_if(condition: object) -> None:
    if condition:
        raise click.exceptions.Exit(1)
