"""Count requests and time of a class of 400 against the test server: ``python -m tests.moodle.count_requests``.

The server is a test double in this process: seconds count the kit and the double, and no network. With the argument
``plain`` its service has no functions for many people at once.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.web.many import BATCH_FUNCTION
from autograder.moodle.web.pull import pull
from autograder.moodle.web.push import PushOptions, push
from autograder.moodle.web.remote import find_assignment
from autograder.moodle.web.undo import undo
from tests.moodle.logs import log_at
from tests.moodle_server import app
from tests.moodle_server.sample import connect, make_site


def main(*arguments: str, people: int = 400) -> None:
    """Print a line for each command."""
    if "plain" in arguments:
        app._FORBIDDEN.update({BATCH_FUNCTION, "mod_assign_save_grades"})
    site = make_site(people)
    client = connect(site)
    counted = [0]
    client.http.event_hooks = {"request": [lambda _: counted.__setitem__(0, counted[0] + 1)]}
    assignment = find_assignment(client, "COMP47650", "Optimisers")
    keys = [str(number) for number, _ in site.modules[301].mappings]

    def step(title: str, do: Callable[[], object]) -> None:
        counted[0], begun = 0, time.monotonic()
        do()
        print(f"{title}: {counted[0]} requests, {time.monotonic() - begun:.1f} s")

    def send(points: int, run: str) -> object:
        marks = {key: OutgoingGrade(points, f"<p>{key}: {points}</p>") for key in keys}
        files = {key: {"feedback.html": f"<h1>{key}: {points}</h1>".encode()} for key in keys}
        return push(client, assignment, marks, files, log, PushOptions(run=run))

    with tempfile.TemporaryDirectory() as folder:
        log = log_at(Path(folder) / "log.db")
        step("pull", lambda: pull(client, assignment, Path(folder), time_zone="Europe/Dublin"))
        step("pull again", lambda: pull(client, assignment, Path(folder), time_zone="Europe/Dublin"))
        step("push of new marks", lambda: send(60, "first"))
        step("push of updates", lambda: send(70, "second"))
        step("push that changes nothing", lambda: send(70, "third"))
        step("undo of the updates", lambda: undo(client, assignment, log, "second"))


if __name__ == "__main__":
    main(*sys.argv[1:])
