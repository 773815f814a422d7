"""What a token may do, and what an assignment's settings mean for pulls and pushes, before anything is sent.

Only functions that read are called. Each finding that needs one has one remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from autograder.commandline import counted
from autograder.errors import AutograderError, UsageError
from autograder.hostiletext import short_line
from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleRefusalError
from autograder.moodle.web.criteria import read_form
from autograder.moodle.web.due_dates import read_due_dates
from autograder.moodle.web.marks import read_grades
from autograder.moodle.web.moodle_version import version_note
from autograder.moodle.web.remote import (
    RemoteAssignment,
    find_assignment,
    read_people,
    read_submissions,
    require_remote_maximum,
)
from autograder.moodle.web.restrictions import read_fixed
from autograder.moodle.web.service import HELPFUL, NEEDED, SITE_INFO, STEP, missing_functions


class Health(StrEnum):
    """How much a finding matters."""

    WELL = "well"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        remedy: what to do; '' where nothing is to be done.
    """

    health: Health
    what: str
    found: str
    remedy: str = ""


def examine(client: MoodleClient, course: str, assignment: str, maximum: Decimal | None = None) -> Iterator[Finding]:
    """Yield what is found out about a service and an assignment, in the order of the requests.

    Args:
        client: the site, with a token.
        course: short name or number.
        assignment: name or number.
        maximum: 'Maximum grade' that is expected; None allows any.

    Raises:
        MoodleRefusalError: the token may do nothing at all.
    """
    info = client.call(SITE_INFO)
    note = version_note(client)
    yield Finding(Health.NOTE if note else Health.WELL, "version", note or short_line(str(info.get("release", "")), 40))
    yield from _service(info)
    try:
        remote = find_assignment(client, course, assignment)
    except (UsageError, MoodleError) as error:
        remedy = f"compare both names with Moodle's pages, and the account's role in the course ({STEP} 6)"
        yield _fault("assignment", error, remedy)
        return
    yield from _settings(remote)
    yield _checked(
        "maximum grade", "as expected", lambda: require_remote_maximum(remote, maximum), "set the same in both"
    )
    yield _method(client, remote)
    yield from _people(client, remote)
    yield _locked(client, remote)


def _service(info: dict[str, object]) -> Iterator[Finding]:
    missing = missing_functions(info)
    for name, purpose in {**NEEDED, **HELPFUL}.items():
        if name in missing:
            health = Health.FAULT if name in NEEDED else Health.NOTE
            yield Finding(health, "function", f"the service lacks {name}: {purpose}", f"add the function ({STEP} 4)")
    if not missing:
        yield Finding(Health.WELL, "functions", f"all {len(NEEDED) + len(HELPFUL)} are in the service")
    for key, box in (("downloadfiles", "Can download files"), ("uploadfiles", "Can upload files")):
        if info.get(key):
            yield Finding(Health.WELL, "files", f"'{box}' is ticked")
        else:
            yield Finding(Health.FAULT, "files", f"'{box}' is not ticked in the service", f"tick it ({STEP} 3)")


def _settings(remote: RemoteAssignment) -> Iterator[Finding]:
    where = "in the assignment's settings, under 'Feedback types'"
    for is_on, name in ((remote.comments, "Feedback comments"), (remote.files, "Feedback files")):
        if is_on:
            yield Finding(Health.WELL, "feedback type", f"'{name}' is on")
        else:
            found = f"'{name}' is off: a push leaves out who has one"
            yield Finding(Health.FAULT, "feedback type", found, f"tick it {where}")
    if not remote.offline:
        found = "'Offline grading worksheet' is off: marks can be sent by web services only"
        yield Finding(Health.NOTE, "feedback type", found, f"tick it {where}")
    if remote.has_workflow:
        found = "students see nothing until a mark is released; files of unreleased marks are not replaced"
        yield Finding(Health.NOTE, "marking workflow", found, "push with --workflow released when all is right")
    if remote.is_team_work:
        yield Finding(Health.NOTE, "teams", "teams submit: each member gets the team's mark in a row of their own")
    if remote.is_blind:
        found = "names are hidden: the gradebook gets no mark until they are revealed"
        yield Finding(Health.NOTE, "blind marking", found)
    if remote.maximum is None:
        yield Finding(Health.NOTE, "scale", "graded by a scale", "push with --scale and the scale's words in order")


def _method(client: MoodleClient, remote: RemoteAssignment) -> Finding:
    simple = "set 'Grading method' to 'Simple direct grading' in its settings"
    try:
        form = read_form(client, remote)
    except (UsageError, MoodleError) as error:
        return _fault("grading method", error, simple)
    if form is None:
        return Finding(Health.WELL, "grading method", "by a number")
    names = ", ".join(short_line(one.name, 40) for one in form.criteria)
    found = f"by a {form.method} with the criteria {names}: there is no worksheet for it on Moodle's page"
    remedy = f"push with --stage, a dry run first: it compares the criteria with the stage's; or {simple}"
    return Finding(Health.NOTE, "grading method", found, remedy)


def _people(client: MoodleClient, remote: RemoteAssignment) -> Iterator[Finding]:
    rights = f"give the account's role the capabilities of {STEP} 6"
    people = []
    try:
        people = list(read_people(client, remote))
        yield Finding(Health.WELL, "participants", f"{counted(len(people), 'person', 'people')} with their numbers")
    except (UsageError, MoodleError) as error:
        yield _fault("participants", error, rights)
    yield _checked("submissions", "can be read", lambda: read_submissions(client, remote), rights)
    yield _checked("grades", "can be read", lambda: read_grades(client, remote), rights)
    if people and not read_due_dates(client, remote, [people[0].user_id]):
        found = "each person's own due date is not returned: who may be late is held after a pull"
        yield Finding(Health.NOTE, "due dates", found, "grade with the worksheet from Moodle's page")
    elif people:
        yield Finding(Health.WELL, "due dates", "each person's own, overrides included")


def _locked(client: MoodleClient, remote: RemoteAssignment) -> Finding:
    try:
        fixed = read_fixed(client, remote)
    except (UsageError, MoodleError) as error:
        return _fault("gradebook", error, f"give the capabilities of {STEP} 6")
    if not fixed:
        return Finding(Health.WELL, "gradebook", "no grade is locked or overridden")
    found = f"{counted(len(fixed), 'grade')} locked or overridden: a push leaves these out"
    return Finding(Health.NOTE, "gradebook", found, "unlock them in the gradebook if the marks shall go there")


def _checked(what: str, well: str, check: Callable[[], object], remedy: str) -> Finding:
    try:
        check()
    except (UsageError, MoodleError) as error:
        return _fault(what, error, remedy)
    return Finding(Health.WELL, what, well)


def _fault(what: str, error: AutograderError, remedy: str) -> Finding:
    """Return a fault; a refusal's message has its own remedy."""
    return Finding(Health.FAULT, what, str(error), "" if isinstance(error, MoodleRefusalError) else remedy)
