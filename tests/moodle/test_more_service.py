"""Pull, push and undo on the class of the recordings: what Moodle stored there is what the kit leaves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.web.due_dates import read_due_dates
from autograder.moodle.web.pull import pull
from autograder.moodle.web.push import PushEntry, PushOptions, Sent, push
from autograder.moodle.web.remote import find_assignment
from autograder.moodle.web.undo import undo
from tests.moodle.logs import log_at
from tests.moodle.more_recordings import PEOPLE, json_of, more_client, more_folder, more_site, stored
from tests.moodle.recordings import VARIABLE
from tests.moodle_server.site import Module, Site

pytestmark = pytest.mark.skipif(
    not more_folder().is_dir(), reason=f"no recordings of a real class's faults here; {VARIABLE} names their folder"
)


def with_mappings(module: Module) -> None:
    """Participant ids, which only some recordings name."""
    module.mappings = module.mappings or [(user + 40000, user) for user in module.people]


def send(site: Site, name: str, folder: Path, marks: dict[str, OutgoingGrade], options: PushOptions):
    """Push to an assignment; by user id what became of each."""
    client = more_client(site)
    assignment = find_assignment(client, "COMP47650", name)
    module = site.modules[assignment.assignment_id]
    with_mappings(module)
    keys = {user: str(number) for number, user in module.mappings}
    given = {keys[PEOPLE[student]]: mark for student, mark in marks.items()}
    files = {key: {"feedback.html": b"kit"} for key in given}
    entries: dict[str, PushEntry] = {
        entry.key: entry for entry in push(client, assignment, given, files, log_at(folder / "log"), options)
    }
    return {student: entries[keys[PEOPLE[student]]] for student in marks}


def tables(module: Module, user: int):
    """What the double holds of one student."""
    record, flags, final = module.latest_grade(user), module.flags_of(user), module.gradebook.get(user)
    files = sorted(record.files) if record else []
    mark = (record.grade, record.comment, files) if record else None
    return mark, flags.workflow if flags else None, final[0] if final else None


def as_stored(rows, user: int):
    """The same of the recording."""
    row = next(one for one in rows if one["userid"] == user)
    last = row["grades"][-1] if row["grades"] else None
    mark = (float(last["grade"]), last["comment"], [file["path"] for file in last["files"]]) if last else None
    final = row["gradebook"]["finalgrade"]
    return mark, row["workflowstate"], None if final is None else float(final)


@pytest.mark.parametrize("cmid", ["932", "933"])
def test_marks_that_are_not_released_stay_as_the_tutor_left_them(tmp_path: Path, cmid: str):
    """Ada's 88 with comment and file, Cian's 70 and Fionn's comment: with --overwrite, too, and blind."""
    site = more_site()
    module = site.modules[int(cmid) - 600]
    before = {name: tables(module, PEOPLE[name]) for name in ("ADA", "CIAN")}
    marks = {name: OutgoingGrade(55, "<p>kit</p>") for name in ("ADA", "BOB", "CIAN")}
    entries = send(site, cmid, tmp_path, marks, PushOptions(run="a", force=True, workflow="released"))

    assert [Sent.LEFT_OUT, Sent.SENT, Sent.LEFT_OUT] == [entries[name].result for name in marks]
    assert before == {name: tables(module, PEOPLE[name]) for name in before}
    if cmid == "932":
        assert before == {name: as_stored(stored(210), PEOPLE[name]) for name in before}
        assert ((55.0, "<p>kit</p>", ["/feedback.html"]), "released", 55.0) == tables(module, PEOPLE["BOB"])


def test_a_released_mark_stays_released_and_is_restored_to_the_letter(tmp_path: Path):
    """Dervla's: the state is sent with the grade; undo gives comment, file, state and gradebook back."""
    site = more_site()
    module = site.modules[332]
    before = tables(module, PEOPLE["DERVLA"])
    module.latest_grade(PEOPLE["DERVLA"]).files["/tutor notes.txt"].size = None
    mark = {"DERVLA": OutgoingGrade(61, "<p>kit</p>")}
    entries = send(site, "932", tmp_path, mark, PushOptions(run="a", force=True))
    after = tables(module, PEOPLE["DERVLA"])

    assert Sent.SENT == entries["DERVLA"].result
    assert ((61.0, "<p>kit</p>", ["/feedback.html", "/tutor notes.txt"]), "released", 61.0) == after
    client = more_client(site)
    (entry,) = undo(client, find_assignment(client, "COMP47650", "932"), log_at(tmp_path / "log"), "a")
    assert (Sent.SENT, before) == (entry.result, tables(module, PEOPLE["DERVLA"]))


def test_a_comment_with_pictures_and_spaces_is_restored_byte_for_byte(tmp_path: Path):
    """It is read and written as Moodle keeps it."""
    site = more_site()
    module = site.modules[340]
    before = [tables(module, user) for user in PEOPLE.values()]
    marks = {name: OutgoingGrade(77, "<p>kit</p>") for name in ("ADA", "BOB", "CIAN")}
    send(site, "940", tmp_path, marks, PushOptions(run="a", force=True))
    client = more_client(site)
    entries = undo(client, find_assignment(client, "COMP47650", "940"), log_at(tmp_path / "log"), "a")

    assert [Sent.SENT] * 3 == [entry.result for entry in entries]
    assert before == [tables(module, user) for user in PEOPLE.values()]
    assert as_stored(stored(373), PEOPLE["ADA"])[0][1] == module.latest_grade(PEOPLE["ADA"]).comment


def test_a_pull_of_a_class_with_suspended_people(tmp_path: Path):
    """Two of them have submitted; their files are not fetched."""
    site = more_site()
    with_mappings(site.modules[331])
    site.modules[331].mappings += [(42213, 3211), (42202, 3213)]
    for submission in site.modules[331].submissions:
        for file in submission.files.values():
            file.data = b"x" * (file.size or 0)
    client = more_client(site)
    pulled = pull(client, find_assignment(client, "COMP47650", "931"), tmp_path, time_zone="Europe/Dublin")

    assert (("42213", "42202"), 10, 5) == (pulled.not_active, pulled.people, pulled.submissions)


def test_locked_and_overridden_marks_stay_with_comment_and_files(tmp_path: Path):
    """Ada's 50 is locked, Bob's 66 overridden, Emer's locked without a grade; Cian's is replaced by force."""
    site = more_site()
    module = site.modules[335]
    for record in module.grades:
        for file in record.files.values():
            file.size = None
    before = {name: tables(module, PEOPLE[name]) for name in ("ADA", "BOB", "EMER")}
    marks = {name: OutgoingGrade(98, "<p>98</p>") for name in ("ADA", "BOB", "CIAN", "EMER")}
    entries = send(site, "935", tmp_path, marks, PushOptions(run="a", force=True))

    expected = [Sent.LEFT_OUT, Sent.LEFT_OUT, Sent.SENT, Sent.LEFT_OUT]
    assert expected == [entries[name].result for name in marks]
    assert before == {name: tables(module, PEOPLE[name]) for name in before}
    assert before == {name: as_stored(stored(297), PEOPLE[name]) for name in before}


@pytest.mark.parametrize(("cmid", "method"), [("936", "rubric"), ("937", "guide")])
def test_criteria_of_the_recordings_are_refused(tmp_path: Path, cmid: str, method: str):
    """Nothing is sent, in a dry run neither."""
    options = PushOptions(run="a", dry_run=True)
    with pytest.raises(UsageError, match=method):
        send(more_site(), cmid, tmp_path, {"ADA": OutgoingGrade(1, "<p>1</p>")}, options)


def test_due_dates_are_each_persons_own(tmp_path: Path):
    """As get_participant answered: Bob 17, Cian 10, Dervla and Emer 18 November (Lab B), the others 13."""
    site = more_site()
    module = site.modules[341]
    module.people = list(PEOPLE.values())
    asked = [json_of(number) for number in (390, 394, 398, 402, 406)]
    module.due = {one["id"]: one["duedate"] for one in asked}
    client = more_client(site)
    assignment = find_assignment(client, "COMP47650", "941")
    day = {
        user: datetime.fromtimestamp(at, UTC).day for user, at in read_due_dates(client, assignment, module.due).items()
    }

    assert {3201: 13, 3202: 17, 3203: 10, 3204: 18, 3205: 18} == day
