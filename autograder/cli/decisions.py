"""``autograder override``, ``extend``, ``waive``, ``hold``, ``release``, ``drop-test`` and ``remark``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from autograder.cli.completion import stage_names
from autograder.cli.grade import GRADEBOOK_HELP, OUT, gradebook_url, user_name
from autograder.cli.moodle_settings import moodle_files
from autograder.commandline import example
from autograder.course import Course, StageFolder, read_course
from autograder.decisions import DroppedTest, counted_policy, decided_for, is_taken_back, replaced
from autograder.errors import UsageError
from autograder.gradebook import Gradebook, open_gradebook, read_people
from autograder.graded import Decision, DecisionKind
from autograder.hostiletext import visible_line
from autograder.pipeline.deciding import attempts, decide, reasons_to_settle
from autograder.pipeline.participants import find_participant
from autograder.report.decision_words import decision_line


@dataclass(frozen=True)
class _Desk:
    """What a command decides with."""

    course: Course
    stage: StageFolder
    book: Gradebook
    out: Path
    reason: str
    by: str

    def participant(self, text: str, *, is_early: bool = False) -> str:
        """The number of whoever was named.

        Args:
            text: as a person names them.
            is_early: also somebody who is not in the class yet.

        Raises:
            UsageError: nobody, or more than one.
        """
        people = read_people(self.book, self.stage.name)
        key = find_participant(people, text)
        known = {*people, *(person.team for person in people.values() if person.team)}
        if key in known or is_early:
            return key
        if not known:
            raise UsageError(f"no class of {self.stage.name} is in this gradebook; run autograder grade first")
        raise UsageError(f"no participant {key} in this stage; give Moodle's number, the ID number or the name")

    def decide(self, participant_id: str, kind: DecisionKind, value: Mapping[str, Any]) -> int:
        """Keep the decision and print what follows from it."""
        decision = Decision(self.stage.name, participant_id, kind, value, self.reason, self.by)
        if is_taken_back(decision) and not replaced(self.book.decisions(self.stage.name), decision):
            whose = participant_id or "everybody"
            raise UsageError(f"there is nothing to take back: no such decision on {whose} is in effect")
        source = moodle_files(self.course, None, None, self.out / self.stage.name)
        effect = decide(self.course, self.stage, self.book, source, self.out, decision)
        zone = self.course.configuration.module.time_zone
        console = Console()
        lines = [f"decision {decision_line(effect.decision, zone)}", *effect.changes, *effect.notes]
        lines += [f"written again: {path}" for path in effect.files]
        for line in lines:
            console.print(escape(visible_line(line)), highlight=False, soft_wrap=True)
        return 0


def _options(function: Callable[..., int], *, is_early: bool = False) -> Callable[..., int]:
    """The options of every decision; the command gets a desk in their place.

    Args:
        function: the command.
        is_early: it can be used before anything was graded.
    """

    def command(
        root: Path, stage: str, reason: str, by: str | None, out: Path, url: str | None, **arguments: Any
    ) -> int:
        if not reason.strip():
            raise UsageError("--reason is empty; write why, in a few words")
        with _desk(root, stage, reason.strip(), by or user_name(), out, url, is_early=is_early) as desk:
            return function(desk, **arguments)

    update_wrapper(command, function)
    decorated: Callable[..., int] = click.pass_obj(command)
    for option in (
        click.option("--gradebook", "url", help=GRADEBOOK_HELP),
        click.option("--out", type=OUT, default=Path("marks"), show_default=True, help="Where grade put its files."),
        click.option("--by", help="Who decides; your user name by default."),
        click.option("--reason", required=True, help="Why; the student reads it on the page."),
        click.argument("stage", shell_complete=stage_names),
    ):
        decorated = option(decorated)
    return decorated


_early_options = partial(_options, is_early=True)


@contextmanager
def _desk(
    root: Path, stage: str, reason: str, by: str, out: Path, url: str | None, *, is_early: bool
) -> Iterator[_Desk]:
    course = read_course(root)
    folder = course.stage(stage)
    out_url = gradebook_url(url, out, create=is_early)
    book = open_gradebook(out_url, create=is_early, time_zone=course.configuration.module.time_zone)
    try:
        yield _Desk(course, folder, book, out, reason, by)
    finally:
        book.close()


_UNDO = click.option("--undo", is_flag=True, help="Take an earlier decision of this kind back.")


def _one_of(**given: object) -> None:
    """Exactly one of the ways to use a command."""
    chosen = [name for name, value in given.items() if value]
    if len(chosen) != 1:
        raise UsageError(f"give one of {', '.join(name.replace('_', '-') for name in given)}")


@click.command(
    "override",
    epilog=example(
        'autograder override s04 41226 70 --reason "appeal, second marker agrees"',
        'autograder override s04 41226 --attempt 1 --reason "the later upload was a mistake"',
        'autograder override s04 41226 --undo --reason "appeal withdrawn"',
    ),
)
@_options
@click.argument("participant")
@click.argument("points", required=False)
@click.option(
    "--attempt", help="Which submission counts: its number, or the start of its hash. 'newest': again the newest."
)
@_UNDO
def override_command(desk: _Desk, participant: str, points: str | None, attempt: str | None, *, undo: bool) -> int:
    """Set the mark of PARTICIPANT in STAGE to POINTS.

    POINTS are the stage's points, after lateness. They count whatever tests and rubric give, also in later runs. Only
    a hold stops the mark from being sent. One member of a team can be named: then only that member's mark changes.
    With --attempt, choose the submission that counts instead.

    PARTICIPANT is Moodle's number, the ID number or the name.
    """
    _one_of(POINTS=points, __attempt=attempt, __undo=undo)
    key = desk.participant(participant)
    if attempt is not None:
        sha256 = "" if attempt == "newest" else _attempt(desk, key, attempt)
        return desk.decide(key, DecisionKind.ATTEMPT, {"submission_sha256": sha256})
    return desk.decide(key, DecisionKind.OVERRIDE, {"points": None if undo else str(_points(desk, points or ""))})


def _points(desk: _Desk, text: str) -> Decimal:
    most = counted_policy(desk.stage.policy, decided_for(desk.book.decisions(desk.stage.name))).out_of
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise UsageError(f"POINTS: {text!r} is not a number; 0 to {most}") from None
    if not (value.is_finite() and 0 <= value <= most):
        raise UsageError(f"POINTS: {text} is out of range; 0 to {most}")
    return value


def _attempt(desk: _Desk, key: str, text: str) -> str:
    found = attempts(desk.book, desk.stage.name, key)
    fits = [one.submission_sha256 for one in found if text == str(one.number)] or [
        one.submission_sha256 for one in found if len(text) >= 4 and one.submission_sha256.startswith(text.lower())
    ]
    if len(fits) == 1:
        return fits[0]
    shown = ", ".join(f"{one.number} ({one.submission_sha256[:12]} {one.submitted})" for one in found)
    raise UsageError(f"--attempt {text!r}: no such submission of {key}; there are: {shown or 'none'}")


@click.command(
    "extend",
    epilog=example(
        'autograder extend s04 41226 "2027-02-20 17:00" --reason "medical certificate"',
        'autograder extend s04 --everybody "2027-02-20 17:00" --reason "Moodle was down"',
    ),
)
@_early_options
@click.argument("who", nargs=-1, metavar="[PARTICIPANT] [DATE]")
@click.option("--everybody", is_flag=True, help="The whole class, not one participant.")
@_UNDO
def extend_command(desk: _Desk, who: tuple[str, ...], *, everybody: bool, undo: bool) -> int:
    """Extend the due date of STAGE for PARTICIPANT to DATE.

    DATE is such as "2027-02-20 17:00", by the module's clock. The later of this date and Moodle's own counts. It can be
    given before anything is submitted.

    PARTICIPANT is Moodle's number, the ID number or the name.
    """
    wanted = (not everybody) + (not undo)
    if len(who) != wanted:
        words = " and ".join([*(["PARTICIPANT"] if not everybody else []), *(["DATE"] if not undo else [])])
        raise UsageError(f"give {words or 'neither PARTICIPANT nor DATE'}; a date with spaces needs quotes")
    key = "" if everybody else desk.participant(who[0], is_early=True)
    return desk.decide(key, DecisionKind.EXTEND, {"due_at": None if undo else _due(desk, who[-1]).isoformat()})


def _due(desk: _Desk, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date; write it as '2027-02-20 17:00'") from None
    if len(text.strip()) <= len("2027-02-20"):
        raise UsageError(f"{text!r} has no time of day; write it as '{text.strip()} 17:00'")
    due = found if found.tzinfo else found.replace(tzinfo=desk.course.configuration.module.zone)
    if due <= desk.stage.policy.due:
        raise UsageError(f"{text!r} is not later than the due date, {desk.stage.policy.due:%Y-%m-%d %H:%M}")
    return due


@click.command("waive", epilog=example('autograder waive s04 41226 --reason "bereavement"'))
@_early_options
@click.argument("participant", required=False)
@click.option("--everybody", is_flag=True, help="The whole class, not one participant.")
@_UNDO
def waive_command(desk: _Desk, participant: str | None, *, everybody: bool, undo: bool) -> int:
    """Deduct no points for lateness from PARTICIPANT in STAGE.

    PARTICIPANT is Moodle's number, the ID number or the name.
    """
    _one_of(PARTICIPANT=participant, __everybody=everybody)
    key = desk.participant(participant, is_early=True) if participant else ""
    return desk.decide(key, DecisionKind.WAIVE, {"waived": not undo})


@click.command("hold", epilog=example('autograder hold s04 41226 --reason "interview on 3 March"'))
@_options
@click.argument("participant")
def hold_command(desk: _Desk, participant: str) -> int:
    """Hold the mark of PARTICIPANT in STAGE.

    Nothing of it is sent until it is released.

    PARTICIPANT is Moodle's number, the ID number or the name.
    """
    return desk.decide(desk.participant(participant), DecisionKind.HOLD, {})


@click.command("release", epilog=example('autograder release s04 41226 --reason "the draft is the submission"'))
@_options
@click.argument("participant")
def release_command(desk: _Desk, participant: str) -> int:
    """Release the held mark of PARTICIPANT in STAGE.

    It can be held by the command hold, as a draft, or for a file that a person had to look at. Only the present
    reasons are settled: a new one holds it again. A criterion of the rubric that is not marked still holds it.

    PARTICIPANT is Moodle's number, the ID number or the name.
    """
    key = desk.participant(participant)
    reasons = reasons_to_settle(desk.course, desk.stage, desk.book, key)
    return desk.decide(key, DecisionKind.RELEASE, {"reasons": reasons})


@click.command(
    "drop-test",
    epilog=example(
        'autograder drop-test s04 test_cosine_schedule --everyone-gets --reason "the spec was unclear"',
        'autograder drop-test s04 test_cosine_schedule --undo --reason "it was right after all"',
    ),
)
@_options
@click.argument("test")
@click.option("--everyone-gets", is_flag=True, help="Everybody gets the test's points, but not without a submission.")
@click.option("--not-counted", is_flag=True, help="The test counts for nobody; the stage has fewer points.")
@_UNDO
def drop_test_command(desk: _Desk, test: str, *, everyone_gets: bool, not_counted: bool, undo: bool) -> int:
    """Drop TEST of STAGE for the whole class.

    Everybody gets its points, or it does not count.
    """
    _one_of(__everyone_gets=everyone_gets, __not_counted=not_counted, __undo=undo)
    known = desk.stage.policy.test_points
    if test not in known:
        close = difflib.get_close_matches(test, known, 1)
        words = f"did you mean {close[0]}?" if close else f"it has {', '.join(known)}"
        raise UsageError(f"{desk.stage.name} has no test {test!r}; {words}")
    how = DroppedTest.EVERYONE_GETS if everyone_gets else DroppedTest.NOT_COUNTED if not_counted else None
    return desk.decide("", DecisionKind.DROP_TEST, {"test": test, "how": how and str(how)})


@click.command(
    "remark",
    epilog=example(
        'autograder remark s04 41226 "Clear derivation; name the axis." --reason "marking"',
        'autograder remark s04 41226 "Which beta?" --criterion written_answers --reason "marking"',
    ),
)
@_options
@click.argument("participant")
@click.argument("words", required=False)
@click.option("--criterion", default="", help="A criterion of the rubric; the whole submission by default.")
@_UNDO
def remark_command(desk: _Desk, participant: str, words: str | None, criterion: str, *, undo: bool) -> int:
    """Write WORDS to PARTICIPANT.

    They are on the page and in the comment of STAGE; an earlier remark is replaced.

    PARTICIPANT is Moodle's number, the ID number or the name.
    """
    _one_of(WORDS=words and words.strip(), __undo=undo)
    if criterion and criterion not in desk.stage.policy.rubric:
        raise UsageError(f"no criterion {criterion!r}; the rubric has {', '.join(desk.stage.policy.rubric) or 'none'}")
    text = "" if undo else (words or "").strip()
    return desk.decide(desk.participant(participant), DecisionKind.REMARK, {"criterion": criterion, "text": text})
