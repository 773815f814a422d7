"""Many people are read and saved in one request where the service allows it, and one by one where it does not."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.web.client import MoodleError, MoodleRefusalError
from autograder.moodle.web.feedback_files import FeedbackFiles
from autograder.moodle.web.many import BATCH_FUNCTION, ManyCalls, side_by_side
from autograder.moodle.web.plugins import RemoteFile
from autograder.moodle.web.push import PushOptions, Sent
from autograder.moodle.web.remote import find_assignment
from autograder.moodle.web.state import Found, Save, State, sha256_of
from tests.moodle.logs import log_at
from tests.moodle.pushing import held, send, take_back
from tests.moodle_server import grading
from tests.moodle_server.functions import write_fault
from tests.moodle_server.sample import connect, make_site
from tests.moodle_server.site import Caller, Module, Site, StoredFile

KEYS = [str(41001 + place) for place in range(30)]
PAGES = {key: {"feedback.html": key.encode()} for key in KEYS}


def marks(points: int) -> dict[str, OutgoingGrade]:
    """A class's marks."""
    return {key: OutgoingGrade(points, f"<p>{points}</p>") for key in KEYS}


@pytest.mark.parametrize("missing", [(), (BATCH_FUNCTION,), ("mod_assign_save_grades",)])
def test_all_arrive_whatever_the_service_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str]):
    """Pushed, changed and undone with and without the functions for many; each mark is saved once a push."""
    monkeypatch.setattr("tests.moodle_server.app._FORBIDDEN", set(missing))
    site, log = make_site(30), log_at(tmp_path / "log")
    first = send(site, log, marks(60), PAGES)
    second = send(site, log, marks(70), {key: {"feedback.html": b"70"} for key in KEYS}, PushOptions(run="b"))

    assert {Sent.SENT} == {entry.result for entry in [*first.values(), *second.values()]}
    assert dict.fromkeys(range(3001, 3031), 2) == site.saves
    assert {(70.0, b"70")} == {(held(site, key).grade, held(site, key).files["/feedback.html"].data) for key in KEYS}
    assert {Sent.SENT} == {entry.result for entry in take_back(site, log, "b").values()}
    assert {key: key.encode() for key in KEYS} == {key: held(site, key).files["/feedback.html"].data for key in KEYS}


def test_a_row_that_moodle_refuses_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Moodle stops a list at the first error: what follows it is sent one by one."""
    site = make_site(30)
    original = grading._save

    def save(site: Site, caller: Caller, module: Module, user: int, row: dict[str, Any]) -> None:
        if user == 3005:
            raise write_fault()
        original(site, caller, module, user, row)

    monkeypatch.setattr("tests.moodle_server.grading._save", save)
    entries = send(site, log_at(tmp_path / "log"), marks(60), PAGES)

    assert (Sent.FAILED, True) == (entries["41005"].result, "dmlwriteexception" in entries["41005"].why)
    assert {Sent.SENT} == {entry.result for key, entry in entries.items() if key != "41005"}
    assert {60.0} == {held(site, key).grade for key in KEYS if key != "41005"}


def test_a_file_that_somebody_replaced_is_read_again_and_restored(tmp_path: Path):
    """Same name, another content: what the log has of it is not taken for what is there."""
    site, log = make_site(30), log_at(tmp_path / "log")
    send(site, log, marks(60), PAGES)
    held(site, "41001").files["/feedback.html"] = StoredFile(b"42001", 1_900_000_000)
    send(site, log, marks(70), {key: {"feedback.html": b"70"} for key in KEYS}, PushOptions(run="b", force=True))
    take_back(site, log, "b")

    assert b"42001" == held(site, "41001").files["/feedback.html"].data


def test_a_file_that_only_seems_replaced_is_downloaded_and_said():
    """Listed with the size and the date of the one before it: only its bytes tell."""
    site = make_site()
    client = connect(site)
    asked: list[str] = []
    client.http.event_hooks = {"request": [lambda request: asked.append(request.url.path)]}
    url = f"{site.url}/webservice/pluginfile.php/35/assignsubmission_file/submission_files/70001/optim.py"
    file = RemoteFile("/optim.py", 11, url, 5)
    found = Found(State(None, "", {"/optim.py": sha256_of(b"answer = 0\n")}), stamps={"/optim.py": file.stamp})
    save = Save(3001, found, found.state, {"/optim.py": b"answer = 7\n"})
    contents, hashes = FeedbackFiles(client, None).read_back([file], save)

    assert ({"/optim.py": b"answer = 0\n"}, 1) == (contents, len(asked))
    assert {"/optim.py": sha256_of(b"answer = 0\n")} == hashes


def test_one_error_in_a_batch_is_one_persons():
    """Moodle leaves out the answers after an error; those are asked for again."""
    client = connect(make_site(30))
    place = find_assignment(client, "COMP47650", "Optimisers").assignment_id
    asked = [
        {"assignid": place, "userid": user, "embeduser": 0} for user in [*range(3001, 3011), 99, *range(3011, 3031)]
    ]
    answers = ManyCalls(client).read("mod_assign_get_participant", asked, stored=False)

    assert [10] == [place for place, one in enumerate(answers) if isinstance(one, MoodleError)]
    assert [*range(3001, 3031)] == [one["id"] for one in answers if one is not answers[10]]


@pytest.mark.parametrize("answer", [[], {}, {"responses": []}, {"responses": [{"error": False}]}, {"responses": 3}])
def test_another_answer_than_a_list_is_asked_for_one_by_one(answer: object):
    """A site whose function for many answers otherwise is still read."""
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.content.decode())
        return httpx.Response(200, json=answer if BATCH_FUNCTION in asked[-1] else {"duedate": 1})

    client = connect(make_site())
    client.http._transport = httpx.MockTransport(respond)

    answers = ManyCalls(client).read("mod_assign_get_participant", [{"userid": 1}] * 3, stored=False)
    assert [{"duedate": 1}] * 3 == answers
    assert [True, False, False, False] == [BATCH_FUNCTION in one for one in asked]


def test_a_function_that_the_service_lacks_is_a_refusal():
    """Not one person's fault: nobody would be answered for."""
    with pytest.raises(MoodleRefusalError, match="core_user_create_users"):
        ManyCalls(connect(make_site())).read("core_user_create_users", [{}, {}], stored=False)


def test_the_first_exception_ends_what_runs_side_by_side():
    """A refusal ends the command, not after everybody was asked."""
    begun: list[int] = []

    def do(value: int) -> int:
        begun.append(value)
        return 1 // value

    with pytest.raises(ZeroDivisionError):
        side_by_side(do, range(1000))
    assert len(begun) < 1000
    assert [1, 0, 0] == side_by_side(do, [1, 2, 3])
