"""A class of 400 over a network that loses one request in twenty: nothing lost, nothing sent twice."""

from pathlib import Path

import pytest

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.download import read_download
from autograder.moodle.web.pull import pull, read_manifest
from autograder.moodle.web.push import PushOptions, Sent, push
from autograder.moodle.web.remote import find_assignment
from autograder.moodle.web.status import read_status
from tests.moodle.logs import log_at
from tests.moodle_server.sample import connect, make_site

PEOPLE = 400


@pytest.mark.slow
def test_a_class_is_pulled_marked_pushed_and_found_as_sent(tmp_path: Path):
    """Every mark, comment and file arrives exactly once, also when the push is cut off and begun again."""
    site = make_site(PEOPLE)
    client = connect(site, one_in=20)
    assignment = find_assignment(client, "COMP47650", "Optimisers")
    pulled = pull(client, assignment, tmp_path, time_zone="Europe/Dublin")
    read_class = read_download(pulled.download, pulled.worksheet, time_zone="Europe/Dublin")
    sent = {one.participant_id: one for one in read_class.submissions}
    marks = {
        key: OutgoingGrade(int(one.files[0].data.split()[-1]) % 101 if one.files else 0, f"<p>report of {key}</p>")
        for key, one in sent.items()
    }
    files = {key: {"feedback.html": f"<h1>{key}</h1>".encode()} for key in marks}
    log = log_at(tmp_path / "log.jsonl")
    options = PushOptions(run="first", known=read_manifest(pulled.manifest))
    part = dict(list(marks.items())[:150])  # as if the first push had been stopped here
    first = push(client, assignment, part, files, log, options)
    second = push(client, assignment, marks, files, log, options)

    module = site.modules[301]
    users = {str(number): user for number, user in module.mappings}
    grades = {one.user: one for one in module.grades}
    assert PEOPLE == len(sent) == len(marks)
    assert {Sent.SENT} == {entry.result for entry in first}
    assert {Sent.SENT, Sent.ALREADY} == {entry.result for entry in second}
    assert dict.fromkeys(users.values(), 1) == site.saves
    assert all(grades[users[key]].grade == mark.grade for key, mark in marks.items())
    assert all(grades[users[key]].comment == mark.comment_html for key, mark in marks.items())
    assert all(grades[users[key]].files["/feedback.html"].data == files[key]["feedback.html"] for key in marks)
    assert ((), ()) == (read_status(client, assignment, log).changed, read_status(client, assignment, log).not_pushed)
    assert client.http._transport.lost > 20  # the network was as bad as it should be
    before = client.http._transport.sent
    assert before <= 1_400  # for the pull and both pushes, what was lost included
    third = push(client, assignment, marks, files, log, options)
    assert {Sent.ALREADY} == {entry.result for entry in third}
    assert (
        client.http._transport.sent - before <= 12
    )  # three lists of the whole class, some of them lost and sent again
