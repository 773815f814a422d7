"""A rubric or a marking guide in Moodle is filled with the kit's points where they match, else nothing is sent."""

from decimal import Decimal
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.web.criteria import CriteriaPoints, GradingForm, read_form
from autograder.moodle.web.marks import KnownMark
from autograder.moodle.web.push import PushOptions, Sent
from autograder.moodle.web.remote import find_assignment
from tests.moodle.logs import log_at
from tests.moodle.more_recordings import json_of, more_client, more_folder, more_site
from tests.moodle.pushing import held, send, take_back
from tests.moodle_server.sample import make_site
from tests.moodle_server.site import Site

MAXIMA = {"tests": Decimal(90), "written_answer": Decimal(10)}
RUBRIC = [
    {
        "id": 7,
        "description": "<p>Tests</p>",
        "levels": [{"id": 1, "score": 0}, {"id": 2, "score": 81}, {"id": 3, "score": 90}],
    },
    {
        "id": 8,
        "description": "Written answer",
        "levels": [{"id": 4, "score": 0}, {"id": 5, "score": 7.5}, {"id": 6, "score": 10}],
    },
]
GUIDE = [
    {"id": 7, "shortname": "tests", "description": "for students", "maxscore": 90},
    {"id": 8, "shortname": "Written  answer", "description": "for students", "maxscore": 10},
]
FORMS = {"rubric": RUBRIC, "guide": GUIDE}
MARKS = {"41001": OutgoingGrade(88.5, "<p>a</p>"), "41002": OutgoingGrade(100, "<p>b</p>")}
POINTS = {
    "41001": {"tests": Decimal("81.0"), "written_answer": Decimal("7.5")},
    "41002": {"tests": Decimal(90), "written_answer": Decimal(10)},
}
CRITERIA = CriteriaPoints(MAXIMA, POINTS)


def site_with(method: str, **about: object) -> Site:
    """A site whose assignment has a rubric or a guide."""
    site = make_site(**about)
    setattr(site.modules[301], method, FORMS[method])
    return site


def options(run: str = "first", criteria: CriteriaPoints | None = CRITERIA, **more: object) -> PushOptions:
    """A push with criteria."""
    return PushOptions(run=run, criteria=criteria, **more)


def fillings(site: Site, key: str, method: str) -> dict[int, float]:
    """What Moodle holds by criterion: a rubric's level, a guide's score."""
    rows = site.modules[301].instances[held(site, key).id][method]["criteria"]
    return {one["criterionid"]: one.get("levelid", one.get("score")) for one in rows}


@pytest.mark.parametrize("method", FORMS)
def test_a_form_is_filled_and_the_grade_is_the_mark(tmp_path: Path, method: str):
    """Each criterion has its points; a second push sends nothing."""
    site, log = site_with(method), log_at(tmp_path / "log")
    entries = send(site, log, MARKS, options=options())
    again = send(site, log, MARKS, options=options("second"))

    assert {Sent.SENT} == {entry.result for entry in entries.values()}
    assert ({7: 2, 8: 5} if method == "rubric" else {7: 81, 8: 7.5}) == fillings(site, "41001", method)
    assert [88.5, 100] == [held(site, key).grade for key in MARKS]
    assert {Sent.ALREADY} == {entry.result for entry in again.values()}
    assert {3001: 1, 3002: 1} == site.saves


@pytest.mark.parametrize("method", FORMS)
def test_undo_restores_what_the_form_was_filled_with(tmp_path: Path, method: str):
    """Points and remarks of an earlier push come back; where no grade was, none is again."""
    site, log = site_with(method), log_at(tmp_path / "log")
    send(site, log, MARKS, options=options())
    before = fillings(site, "41001", method)
    for row in site.modules[301].instances[held(site, "41001").id][method]["criteria"]:
        row["remark"] = "by hand"
    lower = {"41001": {"tests": Decimal(0), "written_answer": Decimal(10)}}
    changed = {"41001": OutgoingGrade(10, "<p>c</p>")}
    kept = send(site, log, changed, options=options("second", CriteriaPoints(MAXIMA, lower)))
    send(site, log, changed, options=options("third", CriteriaPoints(MAXIMA, lower), force=True))

    assert Sent.CONFLICT == kept["41001"].result
    assert "criteria" in kept["41001"].why
    assert before != fillings(site, "41001", method)
    assert Sent.SENT == take_back(site, log, "third")["41001"].result
    assert (before, 88.5) == (fillings(site, "41001", method), held(site, "41001").grade)
    rows = site.modules[301].instances[held(site, "41001").id][method]["criteria"]
    assert {"by hand"} == {row["remark"] for row in rows}
    assert Sent.SENT == take_back(site, log, "first", force=True)["41002"].result
    assert -1 == held(site, "41002").grade


def test_criteria_changed_by_hand_with_the_same_sum_are_named_and_kept(tmp_path: Path):
    """Grade and comment stay the same; only the criteria tell."""
    site, log = site_with("guide"), log_at(tmp_path / "log")
    send(site, log, MARKS, options=options())
    for row, score in zip(
        site.modules[301].instances[held(site, "41001").id]["guide"]["criteria"], (80, 8.5), strict=True
    ):
        row["score"] = score
    held(site, "41001").modified += 9
    kept = send(site, log, MARKS, options=options("second"))["41001"]
    forced = send(site, log, MARKS, options=options("third", force=True))["41001"]

    assert Sent.CONFLICT == kept.result
    assert "tests 80, Written answer 8.5" in kept.why
    assert (Sent.SENT, {7: 81, 8: 7.5}) == (forced.result, fillings(site, "41001", "guide"))


def test_criteria_changed_after_the_pull_are_named_and_kept(tmp_path: Path):
    """Without an earlier push the pull's date of the record decides."""
    site = site_with("guide")
    send(site, log_at(tmp_path / "log"), MARKS, options=options())
    held(site, "41001").comment = ""
    known = {"41001": KnownMark(Decimal("88.5"), (1, 2001))}
    entries = send(site, log_at(tmp_path / "other"), MARKS, options=options(known=known))

    assert Sent.CONFLICT == entries["41001"].result
    assert "criteria were changed after the download" in entries["41001"].why


@pytest.mark.parametrize(
    ("maxima", "words"),
    [
        ({"tests": Decimal(90), "clarity": Decimal(10)}, "called 'clarity'.*'Written answer' is no criterion"),
        ({"tests": Decimal(80), "written_answer": Decimal(10)}, "'tests' has at most 90 points in Moodle, 80 here"),
        ({"written_answer": Decimal(10)}, "'Tests' is no criterion of the stage"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_form_that_does_not_match_is_refused_with_all_that_differs(
    tmp_path: Path, maxima: dict[str, Decimal], words: str, *, dry_run: bool
):
    """In the dry run, too; nothing is sent."""
    site = site_with("rubric")
    wrong = options(criteria=CriteriaPoints(maxima, POINTS), dry_run=dry_run, force=True)
    with pytest.raises(UsageError, match=words):
        send(site, log_at(tmp_path / "log"), MARKS, options=wrong)
    assert {} == site.saves


@pytest.mark.parametrize(
    ("mark", "points", "words"),
    [
        (97.5, {"tests": Decimal(90), "written_answer": Decimal("7.5")}, ""),
        (96, {"tests": Decimal(90), "written_answer": Decimal(6)}, "no level with 6 points for 'Written answer'"),
        (60, {"tests": Decimal(81), "written_answer": Decimal("7.5")}, "the criteria give 88.5, the mark is 60"),
        (60, None, "no points by criteria"),
    ],
)
def test_a_mark_that_cannot_be_filled_is_left_out(
    tmp_path: Path, mark: float, points: dict[str, Decimal] | None, words: str
):
    """No level of just these points; a mark that is late or set by a person; one that is not marked by criteria."""
    site = site_with("rubric")
    given = CriteriaPoints(MAXIMA, {} if points is None else {"41001": points})
    for dry_run in (True, False):
        entry = send(
            site,
            log_at(tmp_path / f"log{dry_run}"),
            {"41001": OutgoingGrade(mark, "")},
            options=options(criteria=given, dry_run=dry_run),
        )["41001"]
        assert (Sent.LEFT_OUT if words else Sent.WOULD if dry_run else Sent.SENT) == entry.result
        assert words in entry.why
    assert ({} if words else {3001: 1}) == site.saves


def test_a_grade_without_criteria_is_never_sent(tmp_path: Path):
    """A comment alone would delete a grade that was given before the rubric was made."""
    site = site_with("rubric")
    from tests.moodle_server.site import Grade

    site.modules[301].grades.append(Grade(1, 3001, 0, 50.0, 1, 1, 2002, "<p>50</p>"))
    comment = {"41001": OutgoingGrade(None, "<p>new</p>")}
    entry = send(site, log_at(tmp_path / "log"), comment, options=options(force=True))["41001"]

    assert (Sent.LEFT_OUT, {}) == (entry.result, site.saves)
    assert "would delete the grade" in entry.why


def test_a_form_without_a_choice_is_refused(tmp_path: Path):
    """Moodle would divide by 0."""
    site = make_site()
    site.modules[301].rubric = [{"id": 1, "description": "tests", "levels": [{"id": 1, "score": 90}]}]
    with pytest.raises(UsageError, match="same points"):
        send(site, log_at(tmp_path / "log"), MARKS, options=options())


def test_a_team_has_its_teams_points():
    """Where the member has no mark of their own."""
    assert POINTS["41001"] == CriteriaPoints(MAXIMA, {"group-5": POINTS["41001"]}).of("41009", 5)
    assert None is CriteriaPoints(MAXIMA, POINTS).of("41009", 0)


@pytest.mark.skipif(not more_folder().is_dir(), reason="there are no recordings here")
@pytest.mark.parametrize(
    ("cmid", "saved", "grade"), [("936", 341, Decimal(100)), ("937", 351, Decimal(83)), ("936", 343, Decimal(60))]
)
def test_what_is_sent_is_what_moodle_took(cmid: str, saved: int, grade: Decimal):
    """The recorded saves, field by field, and the grade that Moodle made of them."""
    from autograder.moodle.web.transport import bracketed
    from tests.moodle.more_recordings import recorded

    client = more_client(more_site())
    form = read_form(client, find_assignment(client, "COMP47650", cmid))
    assert isinstance(form, GradingForm)
    sent = next(one["request"]["form"] for name, one in recorded().items() if name.startswith(f"{saved}_"))
    what = "levelid" if form.method == "rubric" else "score"
    prefix = f"advancedgradingdata[{form.method}][criteria]"
    values = [str(value) for name, value in sent.items() if name.startswith(prefix) and name.endswith(f"[{what}]")]
    made = {one.number: (value, "well done") for one, value in zip(form.criteria, values, strict=False)}

    expected = {name: str(value) for name, value in sent.items() if name.startswith("advancedgradingdata")}
    assert expected == bracketed({"advancedgradingdata": form.argument(made)})
    assert grade == form.grade(made, Decimal(100))


@pytest.mark.skipif(not more_folder().is_dir(), reason="there are no recordings here")
def test_recorded_fillings_are_read_by_the_grade_records_number():
    """Bob's rubric is filled although his grade is gone: a save without criteria came after it."""
    from autograder.moodle.web.criteria import _fillings

    rows = json_of(346)["instances"]
    read = {one["itemid"]: _fillings(one["rubric"]["criteria"], "rubric") for one in rows}
    expected = {
        82050: {},
        82052: {"1": ("3", "well done")},
        82051: {"1": ("3", "well done"), "2": ("6", "well done")},
    }
    assert expected == read
