"""``autograder moodle forecast`` and ``verify``: what Moodle will do, or did, with files that a person uploads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from autograder.cli.moodle_options import FILE, MAXIMUM, WORDS, ZONE, because, exit_if
from autograder.cli.moodle_settings import read_settings
from autograder.commandline import SETTINGS, counted, example
from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.moodle.files.comparison import compare
from autograder.moodle.files.vocabulary import load_vocabulary
from autograder.moodle.files.worksheet import read_worksheet, require_complete, require_maximum
from autograder.moodle.importer.forecast import CellForecast, Effect, SheetForecast, UploadSettings, forecast_worksheet
from autograder.moodle.importer.forecast_files import FileForecast, forecast_feedback
from autograder.moodle.importer.readback import entry_numbers


@click.command(
    "forecast",
    context_settings=SETTINGS,
    epilog=example("autograder moodle forecast marks/s04_optimisers/worksheet.csv --now Grades-now.csv"),
)
@click.argument("upload", type=FILE)
@click.option("--now", "known_path", type=FILE, required=True, help="The worksheet as downloaded now.")
@click.option(
    "--download",
    "download_path",
    type=FILE,
    help="Moodle's zip of submissions, which has the teams' numbers: for a feedback zip of teams.",
)
@click.option("--overwrite-newer", is_flag=True, help="You will tick 'Allow updating records that …'.")
@click.option("--server-zone", help="The server's time zone, if it is not yours.")
@ZONE
@MAXIMUM
@WORDS
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
        click.echo(f"{file.effect:8} {short_line(target)}{because(file.why)}")
    counts = Counter(file.effect for file in files)
    click.echo(f"{counted(counts[Effect.SET], 'file')} will be released, {counts[Effect.SKIPPED]} skipped silently")
    exit_if(not counts[Effect.SET] or counts[Effect.SKIPPED])


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
    exit_if(effects[Effect.SKIPPED] or effects[Effect.ERASED] or sheet.lost)


def _cell_line(identifier: str, name: str, kind: str, cell: CellForecast) -> str:
    before = f"{short_line(cell.before, 40)} → " if cell.before else ""
    value = before + short_line(cell.value, 40)
    return f"{short_line(identifier, 24)} {short_line(name, 32)}: {kind} {cell.effect} {value}{because(cell.why)}"


@click.command(
    "verify", context_settings=SETTINGS, epilog=example("autograder moodle verify worksheet.csv Grades-after.csv")
)
@click.argument("sent_path", metavar="SENT", type=FILE)
@click.argument("new_path", metavar="NEW", type=FILE)
@WORDS
def verify_command(sent_path: Path, new_path: Path, words: Path | None) -> None:
    """Compare a worksheet downloaded after the upload with the one that was sent."""
    vocabulary = load_vocabulary(words)
    sent = read_worksheet(sent_path, words=vocabulary, grades_may_be_words=True)
    differences = compare(sent, read_worksheet(new_path, words=vocabulary))
    for one in differences:
        where = f"{short_line(one.participant_id)} {short_line(one.name, 32)}"
        texts = f"sent {short_line(one.sent, 60)!r}, Moodle has {short_line(one.found, 60)!r}"
        click.echo(f"{where}: {one.what}: {texts}{because(one.why)}")
    click.echo(f"{counted(len(sent.rows), 'row')} sent, {counted(len(differences), 'difference')}")
    exit_if(differences)
