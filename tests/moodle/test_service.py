"""Pull, push and undo against a Moodle that answers as the real one does."""

import shutil
import sqlite3
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from autograder.errors import GradebookError, UsageError
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.download import Download, read_download
from autograder.moodle.web.client import MoodleError, MoodleRefusalError, open_client
from autograder.moodle.web.marks import KnownMark, RemoteFlags
from autograder.moodle.web.pull import Pulled, pull, read_manifest
from autograder.moodle.web.push import PushOptions, Sent
from autograder.moodle.web.remote import find_assignment
from autograder.moodle.web.status import read_status
from autograder.moodle.web.token import find_token
from autograder.moodle.web.transport import bracketed
from autograder.moodle.web.undo import undo
from tests.moodle.logs import log_at
from tests.moodle.pushing import held, send
from tests.moodle_server.sample import TOKEN, connect, make_site
from tests.moodle_server.site import Grade, Site, StoredFile, Submission


@pytest.fixture
def site() -> Site:
    """A course of five."""
    return make_site()


def test_a_mark_comment_and_file_arrive(site: Site, tmp_path: Path):
    """All three are saved together and read back."""
    entries = send(
        site,
        log_at(tmp_path / "log"),
        {"41001": OutgoingGrade(88.25, "<p>Well β done</p>")},
        {"41001": {"f.html": b"<p>x"}},
    )

    assert Sent.SENT == entries["41001"].result
    record = held(site, "41001")
    assert (88.25, "<p>Well β done</p>", b"<p>x") == (record.grade, record.comment, record.files["/f.html"].data)


def test_a_second_push_sends_nothing(site: Site, tmp_path: Path):
    """What Moodle holds already is not sent again."""
    log, marks, files = log_at(tmp_path / "log"), {"41001": OutgoingGrade(50, "<p>a</p>")}, {"41001": {"f.html": b"1"}}
    send(site, log, marks, files)
    entries = send(site, log, marks, files)

    assert Sent.ALREADY == entries["41001"].result
    assert {3001: 1} == site.saves


def test_a_changed_report_of_the_same_length_is_sent(site: Site, tmp_path: Path):
    """Files are compared by their contents."""
    log = log_at(tmp_path / "log")
    send(site, log, {"41001": OutgoingGrade(50, "<p>a</p>")}, {"41001": {"f.html": b"old"}})
    send(site, log, {"41001": OutgoingGrade(50, "<p>a</p>")}, {"41001": {"f.html": b"new"}})

    assert b"new" == held(site, "41001").files["/f.html"].data


def test_a_mark_changed_in_moodle_is_reported_and_kept(site: Site, tmp_path: Path):
    """Somebody regraded by hand after the push; only --force overwrites."""
    log = log_at(tmp_path / "log")
    send(site, log, {"41001": OutgoingGrade(50, "<p>a</p>")})
    held(site, "41001").grade = 61.0
    entries = send(site, log, {"41001": OutgoingGrade(55, "<p>b</p>")})

    assert (Sent.CONFLICT, 61.0) == (entries["41001"].result, held(site, "41001").grade)
    assert 'the grade is 61, sent was 50; it was kept; --overwrite replaces it with 55, "b"' == entries["41001"].why
    forced = send(site, log, {"41001": OutgoingGrade(55, "<p>b</p>")}, options=PushOptions(run="second", force=True))
    assert (Sent.SENT, 55.0) == (forced["41001"].result, held(site, "41001").grade)
    assert 'the grade is 61, sent was 50; it was replaced with 55, "b"' == forced["41001"].why


def test_a_mark_given_since_the_pull_is_reported(site: Site, tmp_path: Path):
    """Before the first push the pull's grades tell what was there."""
    site.modules[301].grades.append(Grade(1, 3001, 0, 40.0, 1, 1, 2001, "<p>by hand</p>"))
    entries = send(site, log_at(tmp_path / "log"), {"41001": OutgoingGrade(55, "<p>b</p>")})
    known = PushOptions(run="first", known={"41001": KnownMark(Decimal("40.00"), (1, 2001))})

    assert Sent.CONFLICT == entries["41001"].result
    assert (
        Sent.SENT
        == send(site, log_at(tmp_path / "log"), {"41001": OutgoingGrade(55, "<p>b</p>")}, options=known)["41001"].result
    )


@pytest.mark.parametrize(
    ("key", "mark", "why"),
    [
        ("41001", OutgoingGrade(100.5, ""), "over the maximum"),
        ("41001", OutgoingGrade(-1, ""), "below 0"),
        ("41001", OutgoingGrade("Pass", ""), "not a number"),
        ("99999", OutgoingGrade(50, ""), "no active participant"),
        ("3001", OutgoingGrade(50, ""), "no active participant"),
    ],
)
def test_what_moodle_would_take_wrongly_is_not_sent(
    site: Site, tmp_path: Path, key: str, mark: OutgoingGrade, why: str
):
    """Unknown people would get junk records, grades over the maximum a comment without a grade."""
    entries = send(site, log_at(tmp_path / "log"), {key: mark})

    assert (Sent.LEFT_OUT, {}) == (entries[key].result, site.saves)
    assert why in entries[key].why


def test_drafts_and_held_marks_stay(site: Site, tmp_path: Path):
    """A draft is not submitted; a held mark is nobody's."""
    site.modules[301].submissions[0].status = "draft"
    options = PushOptions(run="first", held={"41002": "a grader fault"})
    entries = send(
        site, log_at(tmp_path / "log"), {"41001": OutgoingGrade(1, ""), "41002": OutgoingGrade(2, "")}, options=options
    )

    assert [Sent.HELD, Sent.LEFT_OUT] == [entries["41002"].result, entries["41001"].result]
    assert {} == site.saves


def test_a_dry_run_changes_nothing(site: Site, tmp_path: Path):
    """It says what would be sent, and adds nothing to the log."""
    log = log_at(tmp_path / "log")
    entries = send(
        site,
        log,
        {"41001": OutgoingGrade(50, "<p>a</p>")},
        {"41001": {"f.html": b"1"}},
        PushOptions(run="x", dry_run=True),
    )

    assert (Sent.WOULD, {}, []) == (entries["41001"].result, site.saves, list(log.entries()))


def test_others_feedback_files_are_kept(site: Site, tmp_path: Path):
    """A save replaces the whole area, so what a teacher put there is sent along; our old report is not."""
    log = log_at(tmp_path / "log")
    send(site, log, {"41001": OutgoingGrade(50, "<p>a</p>")}, {"41001": {"old.html": b"1"}})
    held(site, "41001").files["/notes/by hand.pdf"] = StoredFile(b"pdf", 1)
    options = PushOptions(run="second", force=True)
    send(site, log, {"41001": OutgoingGrade(51, "<p>a</p>")}, {"41001": {"new.html": b"2"}}, options)

    assert {"/new.html": b"2", "/notes/by hand.pdf": b"pdf"} == {
        path: file.data for path, file in held(site, "41001").files.items()
    }


def test_workflow_states_stay_or_are_set(tmp_path: Path):
    """An empty state would reset the one that is there."""
    site = make_site(markingworkflow=1)
    send(
        site,
        log_at(tmp_path / "log"),
        {"41001": OutgoingGrade(50, "<p>a</p>")},
        options=PushOptions(run="a", workflow="inreview"),
    )
    send(site, log_at(tmp_path / "log"), {"41001": OutgoingGrade(51, "<p>a</p>")})

    assert "inreview" == site.modules[301].flags[0].workflow


def test_undo_restores_what_was_there(site: Site, tmp_path: Path):
    """Grade, comment and files of before, and none where there was none."""
    log = log_at(tmp_path / "log")
    before = {"/a.pdf": StoredFile(b"pdf", 1), "/plots/b.png": StoredFile(b"png", 1)}
    site.modules[301].grades.append(Grade(1, 3001, 0, 40.0, 1, 1, 2001, "<p>by hand</p>", before))
    marks = {"41001": OutgoingGrade(90, "<p>x</p>"), "41002": OutgoingGrade(91, "<p>y</p>")}
    send(site, log, marks, {key: {"r.html": b"r"} for key in marks}, PushOptions(run="first", force=True))
    client = connect(site)
    assignment = find_assignment(client, "COMP47650", "911")
    entries = undo(client, assignment, log, "first")

    assert [Sent.SENT, Sent.SENT] == [entry.result for entry in entries]
    record, empty = held(site, "41001"), held(site, "41002")
    assert (40.0, "<p>by hand</p>", {"/a.pdf", "/plots/b.png"}) == (record.grade, record.comment, set(record.files))
    assert (-1.0, "", {}) == (empty.grade, empty.comment, empty.files)
    assert [Sent.ALREADY, Sent.ALREADY] == [entry.result for entry in undo(client, assignment, log, "first")]


def test_undo_keeps_later_changes(site: Site, tmp_path: Path):
    """A mark that somebody changed after the push is not undone without --force."""
    log = log_at(tmp_path / "log")
    send(site, log, {"41001": OutgoingGrade(90, "<p>x</p>")})
    held(site, "41001").grade = 77.0
    client = connect(site)
    (entry,) = undo(client, find_assignment(client, "COMP47650", "301"), log, "first")

    assert (Sent.CONFLICT, 77.0) == (entry.result, held(site, "41001").grade)
    with pytest.raises(UsageError, match="no push"):
        undo(client, find_assignment(client, "COMP47650", "301"), log, "never")


def test_a_pull_gives_what_a_teacher_would_download(site: Site, tmp_path: Path):
    """Zip and worksheet in Moodle's format: lateness, extensions, drafts and online text included."""
    module = site.modules[301]
    module.submissions[1].modified = 1770996000 + 90
    module.submissions[2].status = "draft"
    module.about["configs"] = [*module.about["configs"]]
    client = connect(site)
    pulled = pull(client, find_assignment(client, "COMP47650", "Optimisers"), tmp_path, time_zone="Europe/Dublin")
    read_class = read_download(pulled.download, pulled.worksheet, time_zone="Europe/Dublin")
    found = {sent.participant_id: sent for sent in read_class.submissions}

    assert (5, 4) == (pulled.people, pulled.submissions)
    assert b"answer = 0\n" == found["41001"].files[0].data
    assert ["submitted", "submitted", "draft", "submitted", "none"] == [found[key].status for key in sorted(found)]
    assert 60 == found["41002"].lateness.late_seconds
    assert "" == found["41002"].lateness.uncertain
    assert KnownMark(None) == read_manifest(pulled.manifest)["41001"]


def test_an_extension_makes_lateness_certain(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The web services do return extensions, which count before every other date."""
    module = site.modules[301]
    module.submissions[1].modified = 1770996000 + 90
    monkeypatch.setattr("tests.moodle_server.app._FORBIDDEN", {"mod_assign_get_participant"})
    client = connect(site)
    assignment = find_assignment(client, "COMP47650", "Optimisers")
    flags = {3002: RemoteFlags(extension_at=1770996000 + 60)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.moodle.web.pull.read_flags", lambda client, assignment: flags)
        pulled = pull(client, assignment, tmp_path, time_zone="Europe/Dublin")
    read_class = read_download(pulled.download, pulled.worksheet, time_zone="Europe/Dublin")
    found = {sent.participant_id: sent.lateness for sent in read_class.submissions}

    assert ("extension", "", True) == (found["41002"].source, found["41002"].uncertain, bool(found["41001"].uncertain))
    assert not [note for note in read_class.notes if "cannot be known" in note]


def test_overrides_of_people_and_groups_count(site: Site, tmp_path: Path):
    """A later date, an earlier one, and the teacher's own, which get_assignments answers with."""
    module = site.modules[301]
    usual = 1770996000
    module.about["duedate"] = usual + 7 * 86400
    module.due = {3001: usual + 3600, 3002: usual - 7200, 3003: usual, 3004: usual, 3005: usual}
    for submission in module.submissions:
        submission.modified = usual + 60
    client = connect(site)
    pulled = pull(client, find_assignment(client, "COMP47650", "Optimisers"), tmp_path, time_zone="Europe/Dublin")
    read_class = read_download(pulled.download, pulled.worksheet, time_zone="Europe/Dublin")
    found = {sent.participant_id: sent.lateness for sent in read_class.submissions if sent.files}

    assert {"41001": 0, "41002": 7260, "41003": 60, "41004": 60} == {
        key: late.late_seconds for key, late in found.items()
    }
    assert {"": 4} == Counter(late.uncertain for late in found.values())


def test_a_pull_goes_on_where_it_was_cut_off(site: Site, tmp_path: Path):
    """Files that lie there already are not fetched again, changed ones are."""
    client = connect(site)
    assignment = find_assignment(client, "COMP47650", "Optimisers")
    fetched: list[str] = []
    pull(client, assignment, tmp_path, time_zone="UTC", progress=fetched.append)
    again: list[str] = []
    site.modules[301].submissions[0].files["/optim.py"] = StoredFile(b"answer = 9\n", 1770900500)
    pull(client, assignment, tmp_path, time_zone="UTC", progress=again.append)

    assert (4, 1) == (len(fetched), len(again))


def test_a_pull_follows_no_link(site: Site, tmp_path: Path):
    """A planted link is neither taken for a student's file nor written through; everything is the user's alone."""
    client = connect(site)
    assignment = find_assignment(client, "COMP47650", "Optimisers")
    pulled = pull(client, assignment, tmp_path / "pull", time_zone="UTC")
    sent = next(path for path in (tmp_path / "pull" / "files").iterdir() if path.stat().st_size)
    others = [tmp_path / name for name in ("file", "worksheet")]
    for other, path in zip(others, (sent, pulled.worksheet), strict=True):
        other.write_bytes(b"x" * path.stat().st_size)
        path.unlink()
        path.symlink_to(other)
    fetched: list[str] = []
    pull(client, assignment, tmp_path / "pull", time_zone="UTC", progress=fetched.append)

    assert 1 == len(fetched)
    assert {b"x"} == {bytes(set(other.read_bytes())) for other in others}
    found = [tmp_path / "pull", *(tmp_path / "pull").rglob("*")]
    assert {0o600, 0o700} == {path.lstat().st_mode & 0o777 for path in found}
    shutil.rmtree(tmp_path / "pull" / "files")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pull" / "files").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="this is a link"):
        pull(client, assignment, tmp_path / "pull", time_zone="UTC")
    assert [] == [*(tmp_path / "elsewhere").iterdir()]


def test_a_pull_leaves_out_who_is_suspended_and_names_them_together(site: Site, tmp_path: Path):
    """Moodle lists the submissions of suspended, unenrolled and ended people, but not the people."""
    module = site.modules[301]
    module.people = module.people[2:]
    del site.users[3002]
    client = connect(site)
    pulled = pull(client, find_assignment(client, "COMP47650", "Optimisers"), tmp_path, time_zone="UTC")
    read_class = read_download(pulled.download, pulled.worksheet, time_zone="UTC")

    assert (("41001",), 3, 2) == (pulled.not_active, pulled.people, pulled.submissions)
    assert ["41003", "41004", "41005"] == [sent.participant_id for sent in read_class.submissions]


def pull_of_team(folder: Path, name: str) -> tuple[Pulled, Download]:
    """A pull of two members of one team with this name, and what is read of it."""
    site = make_site(teamsubmission=1)
    module = site.modules[301]
    module.teams, module.team_names = {3001: 513, 3002: 513}, {513: name}
    files = {"/rnn.py": StoredFile(b"1", 1770900000)}
    module.submissions = [Submission(70050, 0, 513, 0, "submitted", 1770900000, 1770900000, files)]
    client = connect(site)
    pulled = pull(client, find_assignment(client, "COMP47650", "Optimisers"), folder, time_zone="UTC")
    return pulled, read_download(pulled.download, pulled.worksheet, time_zone="UTC")


def test_a_pull_keeps_names_of_teams_as_moodle_does(tmp_path: Path):
    """Escaped in the zip's folder, as it is in the worksheet."""
    pulled, read_class = pull_of_team(tmp_path, "Ann & Bob < 3")

    assert ("41001", "41002") == read_class.members["group-513"]
    assert "Ann & Bob < 3" in pulled.worksheet.read_text("utf-8-sig")
    with zipfile.ZipFile(pulled.download) as archive:
        assert ["Ann amp; Bob lt; 3_513_assignsubmission_file/rnn.py"] == archive.namelist()


def test_a_pull_of_teams(tmp_path: Path):
    """The files hang on the group; every member has a row with the team's name."""
    _, read_class = pull_of_team(tmp_path, "Team α")

    assert ("41001", "41002") == read_class.members["group-513"]


def test_a_teams_report_goes_to_its_members(tmp_path: Path):
    """The feedback zip has group ids; each member gets the mark and the file."""
    site = make_site(teamsubmission=1)
    module = site.modules[301]
    module.teams, module.team_names = {3001: 513, 3002: 513}, {513: "Team α"}
    module.submissions = [Submission(70050, 0, 513, 0, "submitted", 1770900000, 1770900000)]
    marks = {"41001": OutgoingGrade(70, "<p>team</p>"), "41002": OutgoingGrade(70, "<p>team</p>")}
    send(site, log_at(tmp_path / "log"), marks, {"513": {"team.html": b"t"}})

    assert [b"t", b"t"] == [held(site, key).files["/team.html"].data for key in marks]


def test_status_tells_what_changed(site: Site, tmp_path: Path):
    """Counts, and the people whose mark is not the one that was sent."""
    log = log_at(tmp_path / "log")
    send(site, log, {"41001": OutgoingGrade(50, "<p>a</p>"), "41002": OutgoingGrade(51, "<p>b</p>")})
    held(site, "41002").grade = 99.0
    client = connect(site)
    now = read_status(client, find_assignment(client, "COMP47650", "Optimisers"), log)

    assert (5, 2, 2, ("41002",), ("41003", "41004")) == (
        now.people,
        now.graded,
        now.pushed,
        now.changed,
        now.not_pushed,
    )


@pytest.mark.parametrize("pulled", [True, False])
def test_a_comment_changed_by_hand_since_the_pull_is_kept(site: Site, tmp_path: Path, pulled: bool):
    """The grade is the same; the record's date and grader have moved. Without a pull every comment is somebody's."""
    record = Grade(1, 3001, 0, 40.0, 1, 1, 2002, "<p>first</p>")
    site.modules[301].grades.append(record)
    client = connect(site)
    made = pull(client, find_assignment(client, "COMP47650", "Optimisers"), tmp_path / "p", time_zone="UTC")
    record.comment, record.modified = "<p>appeal</p>", 2
    if not pulled:
        record.grade = -1.0
    known = read_manifest(made.manifest) if pulled else {}
    mark = {"41001": OutgoingGrade(55, "<p>kit</p>")}
    entries = send(site, log_at(tmp_path / "log"), mark, options=PushOptions(run="a", known=known))

    assert (Sent.CONFLICT, {}) == (entries["41001"].result, site.saves)
    assert "'appeal'" in entries["41001"].why
    forced = PushOptions(run="b", known=known, force=True)
    assert Sent.SENT == send(site, log_at(tmp_path / "log"), mark, options=forced)["41001"].result


def test_a_mark_as_it_was_at_the_pull_is_replaced(site: Site, tmp_path: Path):
    """The grader has seen it: the worksheet of the pull has it, and so has the decision to send another."""
    site.modules[301].grades.append(Grade(1, 3001, 0, 40.0, 1, 1, 2002, "<p>first</p>"))
    client = connect(site)
    made = pull(client, find_assignment(client, "COMP47650", "Optimisers"), tmp_path / "p", time_zone="UTC")
    options = PushOptions(run="a", known=read_manifest(made.manifest))
    entries = send(site, log_at(tmp_path / "log"), {"41001": OutgoingGrade(55, "<p>kit</p>")}, options=options)

    assert Sent.SENT == entries["41001"].result


def test_the_token_is_nowhere_to_be_seen(site: Site, tmp_path: Path):
    """Neither in addresses, nor in representations, errors or the log."""
    seen: list[httpx.Request] = []
    client = connect(site)
    client.http.event_hooks["request"].append(seen.append)
    pull(client, find_assignment(client, "COMP47650", "Optimisers"), tmp_path / "pull", time_zone="UTC")
    send(site, log_at(tmp_path / "log"), {"41001": OutgoingGrade(50, "<p>a</p>")})
    wrong = open_client(site.url, TOKEN + "x", http=client.http)
    with pytest.raises(MoodleRefusalError) as refusal:
        wrong.call("core_webservice_get_site_info")

    assert seen
    assert not any(TOKEN in str(request.url) for request in seen)
    assert TOKEN not in repr(client) + str(refusal.value)
    assert not any(TOKEN.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_token_comes_from_the_environment_only_if_it_is_there():
    """Without one the error says how to give it."""
    assert "abc" == find_token("https://m.example", {"AUTOGRADER_MOODLE_TOKEN": " abc\n"})
    with pytest.raises(UsageError, match="AUTOGRADER_MOODLE_TOKEN"):
        find_token("https://m.example", {})


@pytest.mark.parametrize("address", ["http://moodle.example.org", "moodle.example.org", "ftp://x"])
def test_a_token_never_travels_in_the_open(address: str):
    """Only https, or this machine."""
    with pytest.raises(UsageError, match="https"):
        open_client(address, TOKEN)


def test_a_download_of_another_size_or_site_is_an_error(site: Site):
    """An error page in place of a file has status 200, and other sites get no token."""
    client = connect(site)
    url = f"{site.url}/webservice/pluginfile.php/35/assignsubmission_file/submission_files/70001/optim.py"

    assert b"answer = 0\n" == client.download(url, 11)
    with pytest.raises(MoodleError, match="announced 12"):
        client.download(url, 12)
    with pytest.raises(MoodleError, match="not this site"):
        client.download("https://evil.example/webservice/pluginfile.php/1/x", 11)
    with pytest.raises(MoodleError, match="filenotfound"):
        client.download(url + "x", 11)


def test_arguments_take_phps_form():
    """Lists and mappings in brackets, booleans as digits."""
    expected = {"a[0]": "1", "b[0][c]": "0", "b[0][d]": "x"}

    assert expected == bracketed({"a": [1], "b": [{"c": False, "d": "x"}]})


def test_the_log_shows_what_was_tampered_with(tmp_path: Path):
    """A changed entry breaks the chain."""
    log = log_at(tmp_path / "log")
    log.append({"n": 1})
    log.append({"n": 2})
    assert [{"n": 1}, {"n": 2}] == list(log.entries())

    with sqlite3.connect(tmp_path / "log") as connection:
        connection.execute("""update pushes set entry = '{"n": 7}' where number = 1""")
    connection.close()
    with pytest.raises(GradebookError, match="changed"):
        list(log.entries())
