"""The student's page, Moodle's comment and the class page."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from autograder.graded import Decision, DecisionKind, Graded
from autograder.model import BudgetUse, Finding, FindingKind, Outcome, SubmittedFile
from autograder.report import class_page, class_row, moodle_comment, staff_page, student_page
from autograder.report.causes import class_causes, equal_files, held_groups
from autograder.report.classpage import rows_of_tests
from autograder.report.owncauses import OwnCause
from autograder.testing.packing import starter_digest
from tests.report import samples
from tests.report.reading import dangerous_characters, read
from tests.report.strategies import LONG_TEXT, graded, without_public

GOLDENS = Path(__file__).parent / "goldens"
SAMPLES = ("partly_right", "perfect", "held", "hostile", "empty", "unreadable", "practice")
PAGE_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "footer",
    "section",
    "article",
    "div",
    "p",
    "h1",
}
PAGE_TAGS |= {"h2", "h3", "b", "br", "span", "ul", "ol", "li", "table", "tr", "td", "small", "code", "pre", "bdi", "a"}
PAGE_TAGS |= {"main", "figure", "figcaption", "svg", "path"}
PAGE_ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "id", "href"}
PAGE_ATTRIBUTES |= {"role", "aria-label", "aria-hidden", "width", "height", "viewbox", "d"}
LOCAL_LINK = re.compile(r"#[a-z0-9-]+|(\.\./)?(students/41210|staff/41210|class)\.html")
MOODLE_TAGS = {"div", "h4", "p", "ul", "ol", "li", "em", "span"}


def compare(name: str, text: str) -> None:
    """Compare with a checked-in file, or write it where UPDATE_GOLDENS is set."""
    path = GOLDENS / name
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", SAMPLES)
def test_student_page_is_as_it_was_looked_at(name: str):
    """The page equals the golden file that a person has looked at; UPDATE_GOLDENS=1 writes it anew."""
    compare(f"{name}.html", student_page(getattr(samples, name)(), samples.SUMMARY))


@pytest.mark.parametrize("name", SAMPLES)
def test_moodle_comment_is_as_it_was_looked_at(name: str):
    """The comment equals the golden file that a person has looked at."""
    compare(f"{name}.comment.html", moodle_comment(getattr(samples, name)(), samples.SUMMARY) + "\n")


@pytest.mark.parametrize("name", ["partly_right", "hostile", "held"])
def test_staff_page_is_as_it_was_looked_at(name: str):
    """The page equals the golden file that a person has looked at."""
    one = getattr(samples, name)()
    compare(f"{name}.staff.html", staff_page(one, samples.SUMMARY, one.submission.participant_id))


def test_class_page_is_as_it_was_looked_at():
    """The page equals the golden file that a person has looked at."""
    compare(
        "class.html", class_page(samples.rows(*samples.a_class()), samples.SUMMARY, notes=["One mark was left out."])
    )


def test_a_student_reads_their_own_time_against_the_budget():
    """In a public test that passed; one that did not has it in its finding."""
    one = samples.perfect()
    budget = BudgetUse(FindingKind.TIME, 1.26, 4.0)
    results = tuple(
        replace(result, budget=budget) if result.name == "test_adam_worked_example" else result
        for result in one.results
    )

    page = student_page(replace(one, results=results), samples.SUMMARY)

    assert 1 == page.count("CPU time: 1.3 times the reference&#39;s; the limit is 4 times")


@pytest.mark.slow
@settings(max_examples=60)
@given(one=graded())
def test_no_text_becomes_markup(one):
    """Whatever a student writes, the page has the template's tags and attributes and visible characters only."""
    page = student_page(one, samples.SUMMARY)
    reader = read(page)

    assert set() == reader.tags - PAGE_TAGS
    assert set() == reader.attributes - PAGE_ATTRIBUTES
    assert [] == reader.comments
    assert set() == dangerous_characters(page)
    assert sorted(set(reader.ids)) == sorted(reader.ids)


@pytest.mark.slow
@settings(max_examples=60)
@given(one=graded())
def test_hidden_details_and_output_never_appear(one):
    """With hidden tests only, neither a detail nor any output is anywhere, and the seed never is."""
    hidden = without_public(one)
    shown = student_page(hidden, samples.SUMMARY) + moodle_comment(one, samples.SUMMARY)

    assert "SECRET" not in shown
    assert "PRINTED" not in shown
    assert samples.AUDIT.seed not in shown


@settings(max_examples=60)
@given(one=graded())
def test_moodle_comment_survives_moodle(one):
    """Tags that Moodle keeps, no backslash, no control character, at most 4000 bytes."""
    comment = moodle_comment(one, samples.SUMMARY)
    reader = read(comment)

    assert set() == reader.tags - MOODLE_TAGS
    assert {"class"} == reader.attributes
    assert "\\" not in comment
    assert set() == dangerous_characters(comment)
    assert len(comment.encode()) <= 4000


@pytest.mark.slow
@settings(max_examples=40)
@given(one=graded(), source=LONG_TEXT)
def test_pages_for_staff_escape_everything(one, source):
    """Hostile names, findings and code stay text for staff too, and no link leaves the folder."""
    file = SubmittedFile("scratch/optim.py", source.encode("utf-8", "surrogatepass"))
    one = replace(one, taken={"scratch/optim.py": file})
    for page in (
        class_page(samples.rows(one), samples.SUMMARY, notes=["<zq>"]),
        staff_page(one, samples.SUMMARY, "41210"),
    ):
        reader = read(page)
        assert set() == {"zq", "script"} & reader.tags
        assert set() == {name for name in reader.attributes if name.startswith("on")}
        assert set() == dangerous_characters(page)
        assert sorted(set(reader.ids)) == sorted(reader.ids)
        assert set() == {link for link in reader.links if not LOCAL_LINK.fullmatch(link)}
        assert "default-src 'none'" in page


def test_public_tests_show_detail_and_output():
    """Expected and got values and what was printed stand on the page for public tests."""
    page = student_page(samples.partly_right(), samples.SUMMARY)

    assert "path_0[1, 0]: expected 0.8821, got 0.8644" in page
    assert "velocity [2.1]" in page


def test_what_failed_is_linked_to_the_spec_and_drawn():
    """The section's heading beside each test that did not pass, and a picture where a public test has one."""
    page = student_page(samples.partly_right(), samples.SUMMARY)

    assert 6 == page.count("spec.md, section “")
    assert "spec.md" not in student_page(samples.perfect(), samples.SUMMARY)
    assert 2 == page.count("<svg")


def test_what_was_graded_and_with_what():
    """The file, the upload that it was in, versions and limits; versions only of the record's own environment."""
    one = samples.partly_right()
    text = "".join(read(student_page(one, samples.SUMMARY)).text)
    elsewhere = student_page(one, replace(samples.SUMMARY, environment_sha256="ee" * 32))

    assert re.search(r"scratch/optim.py, \d+ bytes, in work.zip, graded", text)
    assert "With Python 3.11.9, numpy 2.4.1." in text
    assert "Limits of each call: 5 seconds of CPU time, 15 seconds by the clock" in text
    assert "numpy" not in elsewhere


def test_a_file_of_a_near_name_is_named():
    """Which file was taken for the required one."""
    one = samples.partly_right()
    near = SubmittedFile("optim (1).py", b"x", "optim (1).py")
    one = replace(one, submission=replace(one.submission, files=(near,)), taken={"scratch/optim.py": near})

    assert "optim (1).py, 1 bytes, graded as scratch/optim.py" in "".join(read(student_page(one, samples.SUMMARY)).text)


def test_equal_reasons_are_told_once_and_first():
    """Three tests that fail for the same reason make one entry, with what it costs."""
    page = student_page(samples.partly_right(), samples.SUMMARY)
    first = page[page.index("What to look at first") : page.index("ZeroDivisionError")]

    assert 1 == first.count("without bias correction")
    assert "3 tests, 35 points" in first


def test_cases_that_say_the_same_are_told_together():
    """Three cases with one finding make one paragraph that names all three."""
    finding = Finding(FindingKind.EXCEPTION, "NotImplementedError was raised")
    names = ("plain", "momentum", "nesterov")
    results = [samples.result("test_sgd_over_200_steps", Outcome.ERROR, finding, case=name) for name in names]
    page = student_page(samples.graded("41210", "Ann", results), samples.SUMMARY)

    assert 1 == page.count("NotImplementedError was raised")
    assert "plain, momentum, nesterov: error" in page


def test_a_held_mark_shows_no_mark():
    """No number is given as the mark, the reasons are, and a fault of ours says nothing about the machine."""
    page = student_page(samples.held(), samples.SUMMARY)

    assert "No mark yet" in page
    assert "A TA has not marked “written answers” yet." in page
    assert "rubric: written_answers" not in page
    assert "/srv" not in page


def test_practice_is_said_on_every_page():
    """Unofficial results carry the banner wherever they are shown."""
    one = samples.practice()
    pages = (
        student_page(one, samples.SUMMARY),
        moodle_comment(one, samples.SUMMARY),
        class_page(samples.rows(one), samples.SUMMARY),
    )

    assert [True] * 3 == ["Practice, unofficial" in page for page in pages]
    assert "Practice, unofficial" not in student_page(samples.perfect(), samples.SUMMARY)


def test_a_grade_on_another_scale_is_told():
    """Where Moodle's maximum differs from the stage's points, both numbers stand."""
    page = student_page(samples.partly_right(), replace(samples.SUMMARY, grade_maximum=10.0))

    assert "in Moodle 3 of 10" in page


def test_class_page_lists_everybody():
    """Every participant has a row, with marks, held, late and slow ones distinguished."""
    page = class_page(samples.rows(*samples.a_class()), samples.SUMMARY, notes=["One mark was left out."])
    text = "".join(read(page).text)

    assert [True] * 16 == [one.submission.participant_id in text for one in samples.a_class()]
    assert "One mark was left out." in text
    assert "work.zip cannot be read: it is not a zip" in text
    assert "2 days, −10 points" in text


def test_class_page_is_the_same_each_time():
    """No date of now, no random identifiers."""
    pages = {class_page(samples.rows(*samples.a_class()), samples.SUMMARY) for _ in range(2)}

    assert 1 == len(pages)


def test_class_page_of_nobody():
    """A class without submissions has a page too."""
    page = class_page(samples.rows(samples.empty()), samples.SUMMARY)

    assert "No mark yet." in page
    assert "<svg" not in page


def numbers(page: str) -> dict[str, str]:
    """What each link of a number shows, and the names in the list that it leads to, by the list's heading."""
    lists = dict(re.findall(r'<div id="(g\d+)"><h3>.*?</h3><p>(.*?)</p></div>', page, re.DOTALL))
    assert set(lists) == set(re.findall(r'href="#(g\d+)"', page))
    for anchor, shown in re.findall(r'<a href="#(g\d+)">(\d+)</a>', page):
        assert int(shown) == lists[anchor].count("<bdi>")
    return lists


def test_every_number_is_a_link_to_the_people_behind_it():
    """As many names in a list as its number; students link to their pages and to their code."""
    page = class_page(samples.rows(*samples.a_class()), samples.SUMMARY)

    assert 40 < len(numbers(page))
    assert 15 <= page.count('href="students/41300.html"')
    assert 'href="staff/41300.html"' in page
    assert "students/41220.html" not in page  # nothing was submitted


def test_decisions_and_notes_lead_to_the_students():
    """A number of a participant is a link, in a note too; other numbers are none, and who is not there has no page."""
    value, when = {"waived": True}, "2027-07-13T09:00:00+00:00"
    decision = Decision("s04_optimisers", "41300", DecisionKind.WAIVE, value, "ill <b>", "zz-ta", 7, when)
    everybody = replace(decision, participant_id="", kind=DecisionKind.DROP_TEST, value={"test": "test_a", "how": "x"})
    page = class_page(
        samples.rows(*samples.a_class()),
        samples.SUMMARY,
        notes=["Participant 41300: 41301 is kept, and 2027, 4.1300 and <41300"],
        decisions=[decision, everybody],
    )
    decisions = page.partition("<h2>Decisions</h2>")[2].partition("<h2>")[0]

    assert 'href="students/41300.html"' in decisions
    assert "Lateness costs nothing" in decisions
    assert "ill &lt;b&gt; (zz-ta, 13 July 2027, 09:00 UTC)" in decisions
    assert "everybody: Test test_a" in decisions
    link = '<a href="students/41300.html">41300</a>'
    assert f"<li>Participant {link}: " in page
    assert f"2027, 4.1300 and &lt;{link}</li>" in page


def test_a_cause_that_cost_every_test_does_not_list_them():
    """The list would fill a page."""
    (row,) = samples.rows(samples.partly_right())
    page = class_page([replace(row, causes=(OwnCause("Not begun", tuple(samples.POINTS), 90.0),))], samples.SUMMARY)

    assert "90 points: every test<br>" in page


def test_what_could_not_be_run_is_no_point_of_the_marks_by_hand():
    """Its rubric is 0 because there was nothing to read."""
    assert "Marked by hand and by tests" not in class_page(samples.rows(samples.empty()), samples.SUMMARY)


def test_failures_are_grouped_by_cause():
    """A hint that several students have is one entry, with all their points; the costliest is first."""
    several = [samples.partly_right(), samples.renamed(samples.partly_right(), "41211", "Ann")]
    page = class_page(samples.rows(*several), samples.SUMMARY)
    causes = page.partition("Why points were lost</h2>")[2].partition("<h2>")[0]

    assert 1 == causes.count("without bias correction")
    assert "</a> students, 70 points" in causes
    assert causes.index("without bias correction") < causes.index("ZeroDivisionError")


def test_numbers_in_messages_make_no_other_cause():
    """Two students with errors of other sizes have one cause; names with digits in them stay."""
    rows = []
    for index, size in enumerate(("0.31", "4e-05")):
        finding = Finding(FindingKind.VALUE, f"path_0: 3 of {index + 5} values differ, the largest error is {size}")
        result = samples.result("test_sgd_over_200_steps", Outcome.FAILED, finding)
        rows += samples.rows(samples.graded(str(index), "Ann", [result]))

    assert ["path_0: … of … values differ, the largest error is …"] == [cause.text for cause in class_causes(rows)]


def test_tests_are_sorted_by_points_lost():
    """The costliest first, whatever their order in the stage."""
    tests = rows_of_tests(samples.rows(*samples.a_class()), samples.SUMMARY)

    assert sorted((test.lost_points for test in tests), reverse=True) == [test.lost_points for test in tests]


def test_what_the_rubric_lacks_is_said_once():
    """For 140 people with two criteria each, one line; another reason of one of them has its own."""
    reasons = ("rubric: clarity has not been marked", "rubric: written has not been marked")
    people = [samples.graded(str(index), "Ann", [], held=reasons) for index in range(140)]
    people[0] = samples.graded("0", "Bo", [], held=(*reasons, "test_a: grader fault"))
    groups = held_groups(samples.rows(*people))

    assert [("rubric not filled in", 140), ("test_a: grader fault", 1)] == [(why, len(who)) for why, who in groups]


def test_identical_files_are_named():
    """Two students with the same file, apart from line ends; the starter's own file does not count."""
    same, other = b"a = 1\n", b"a = 1\r\n"
    rows = []
    for index, data in enumerate((same, other, b"untouched", b"untouched", b"b")):
        one = replace(samples.perfect(), taken={"scratch/optim.py": SubmittedFile("scratch/optim.py", data)})
        summary = replace(samples.SUMMARY, starter_sha256={"scratch/optim.py": starter_digest(b"untouched")})
        rows.append(class_row(samples.renamed(one, str(index), "Ann"), summary, str(index)))

    assert [("scratch/optim.py", ["0", "1"])] == [
        (path, [row.participant_id for row in who]) for path, who in equal_files(rows)
    ]


def test_the_staff_page_has_code_beside_rubric():
    """Line numbers that findings link to, the rubric's text, what is marked."""
    file = SubmittedFile("sent.py", b"\n".join(b"line %d" % number for number in range(1, 200)))
    one = replace(samples.partly_right(), taken={"scratch/optim.py": file})
    page = staff_page(one, replace(samples.SUMMARY, rubric_text="# 5: <readable>"), "41210")

    assert '<a href="#f1-148">scratch/optim.py, line 148</a>' in page
    assert '<span id="f1-148">line 148</span>' in page
    assert "sent as <code>sent.py</code>" in page
    assert "# 5: &lt;readable&gt;" in page


def test_the_staff_page_has_every_written_answer_with_its_place():
    """Of a module and of a notebook's cell; what is in them is text."""
    cell = {"cell_type": "markdown", "metadata": {}, "source": "**Your answer** (s04_optimisers)\nA <b>cell</b>."}
    notebook = SubmittedFile("n.ipynb", json.dumps({"cells": [cell], "nbformat": 4}).encode())
    module = SubmittedFile("optim.py", b'WRITTEN_ANSWER = "A string."')
    one = replace(samples.perfect(), taken={"scratch/optim.py": module})
    one = replace(one, submission=replace(one.submission, files=(module, notebook)))
    page = staff_page(one, replace(samples.SUMMARY, stage="s04_optimisers"), "41210")

    assert '<p class="meta">in <code>optim.py</code></p>\n<p class="answer">A string.</p>' in page
    assert '<p class="meta">in <code>n.ipynb</code></p>\n<p class="answer">A &lt;b&gt;cell&lt;/b&gt;.</p>' in page


def test_text_from_anywhere_is_made_visible():
    """Even where a template forgets it, a direction character is spelt out."""
    page = student_page(samples.perfect(), replace(samples.SUMMARY, title="Opt\u202eimisers"))

    assert "Opt&lt;U+202E&gt;imisers" in page
    assert set() == dangerous_characters(page)


@pytest.mark.parametrize(
    ("time_zone", "submitted", "graded"),
    [
        ("Europe/Dublin", "14 February 2027, 16:02 GMT", "13 February 2027, 09:30 GMT"),
        ("America/New_York", "14 February 2027, 11:02 EST", "13 February 2027, 04:30 EST"),
        ("Asia/Tokyo", "15 February 2027, 01:02 JST", "13 February 2027, 18:30 JST"),
    ],
)
def test_every_time_is_in_the_modules_zone(time_zone: str, submitted: str, graded: str):
    """On the student's page, in the comment and on the class page, whatever zone a time is stored in."""
    summary = replace(samples.SUMMARY, time_zone=time_zone)
    one = samples.graded("41210", "Ann", samples.all_passed(), late=(2, 20.0))
    student = student_page(one, summary)
    whole_class = class_page((class_row(one, summary),), summary)

    assert submitted in student
    assert submitted in whole_class
    assert graded in student
    assert graded in whole_class
    for page in (student, whole_class, moodle_comment(one, summary)):
        assert "UTC" not in page


def decided(*decisions: tuple[DecisionKind, dict[str, object]]) -> Graded:
    """A right submission with decisions on it."""
    made = tuple(
        Decision("s04_optimisers", "41210", kind, value, f"reason {n} <b>", "zz-ta", n, "2027-02-13T09:00:00+00:00")
        for n, (kind, value) in enumerate(decisions, 1)
    )
    return replace(samples.graded("41210", "Ann", samples.all_passed()), decisions=made)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (DecisionKind.OVERRIDE, {"points": "55.50"}, "Mark set by staff: 55.5"),
        (DecisionKind.EXTEND, {"due_at": "2027-02-20T17:00:00+00:00"}, "Due date extended to 20 February 2027, 17:00"),
        (DecisionKind.WAIVE, {"waived": True}, "Lateness costs nothing"),
        (DecisionKind.HOLD, {}, "Mark held by staff"),
        (DecisionKind.RELEASE, {"reasons": []}, "Mark released by staff"),
        (DecisionKind.ATTEMPT, {"submission_sha256": "a" * 64}, "Submission aaaaaaaaaaaa counts"),
        (
            DecisionKind.DROP_TEST,
            {"test": "test_cosine_schedule", "how": "everyone gets it"},
            "Test test_cosine_schedule: everyone gets it",
        ),
    ],
)
def test_a_decision_and_its_reason_are_on_page_and_comment(
    kind: DecisionKind, value: dict[str, object], words: str
) -> None:
    """In words, escaped, without the name of whoever decided."""
    one = decided((kind, value))
    for text in (student_page(one, samples.SUMMARY), moodle_comment(one, samples.SUMMARY)):
        assert words in text
        assert "reason 1 &lt;b&gt;" in text
        assert "zz-ta" not in text


def test_remarks_reach_the_student() -> None:
    """On the whole first, then by criterion; their reasons are for the staff."""
    one = decided(
        (DecisionKind.REMARK, {"criterion": "written_answers", "text": "Which β?"}),
        (DecisionKind.REMARK, {"criterion": "", "text": "Well <done>"}),
        (DecisionKind.RUBRIC, {"criterion": "written_answers", "points": "8"}),
    )
    for text in (student_page(one, samples.SUMMARY), moodle_comment(one, samples.SUMMARY)):
        assert text.index("Well &lt;done&gt;") < text.index("Which β?")
        assert "reason 1" not in text
