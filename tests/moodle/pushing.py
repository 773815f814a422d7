"""Pushes and undos of the sample site, for tests."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.gradebook import GradebookLog
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.web.push import PushEntry, PushOptions, push
from autograder.moodle.web.remote import find_assignment
from autograder.moodle.web.undo import undo
from tests.moodle_server.sample import connect
from tests.moodle_server.site import Grade, Site

RUN = PushOptions(run="first")


def send(
    site: Site,
    log: GradebookLog,
    marks: Mapping[str, OutgoingGrade],
    files: Mapping[str, Mapping[str, bytes]] | None = None,
    options: PushOptions = RUN,
    **network: int,
) -> dict[str, PushEntry]:
    """Push and return what became of each participant."""
    client = connect(site, **network)
    with client.http:
        assignment = find_assignment(client, "COMP47650", "Optimisers")
        return {entry.key: entry for entry in push(client, assignment, marks, files or {}, log, options)}


def take_back(site: Site, log: GradebookLog, run: str, *, force: bool = False) -> dict[str, PushEntry]:
    """Undo a push and return what became of each participant."""
    client = connect(site)
    with client.http:
        assignment = find_assignment(client, "COMP47650", "Optimisers")
        return {entry.key: entry for entry in undo(client, assignment, log, run, force=force)}


def held(site: Site, key: str) -> Grade:
    """A participant's grade record."""
    user = dict(site.modules[301].mappings)[int(key)]
    return next(one for one in site.modules[301].grades if one.user == user)
