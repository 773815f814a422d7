"""Records are kept once, found again, and show when they were changed."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import GradebookError
from autograder.gradebook import (
    Environment,
    Gradebook,
    Mark,
    Record,
    RecordKey,
    keep_people,
    keep_worksheet,
    open_gradebook,
    read_people,
    read_worksheet_of,
)
from autograder.gradebook.chain import Writing
from autograder.graded import Decision, DecisionKind
from autograder.intake import Person
from autograder.model import Finding, FindingKind, Grade, Outcome, Score, TestResult, Visibility

ENVIRONMENT = Environment({"python": "3.11"})
KEY = RecordKey("s04", "41210", "a" * 64, "e" * 64, "b" * 64, ENVIRONMENT.sha256, "1")
RESULT = TestResult("test_one", "", Visibility.HIDDEN, "One.", Outcome.PASSED, (Finding(FindingKind.VALUE, "m"),))
RECORD = Record(KEY, "00", ("landlock",), True, (RESULT,))
GRADE = Grade("41210", 5.0, 10.0, (Score("test_one", Visibility.HIDDEN, 5.0, 10.0),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the gradebook lies."""
    return tmp_path / "gradebook.db"


@pytest.fixture
def book(path: Path) -> Gradebook:
    """An empty gradebook."""
    return open_gradebook(f"sqlite:///{path}")


def test_a_record_is_found_as_it_was(book: Gradebook) -> None:
    """Outcomes, findings and layers come back unchanged, the submission too."""
    kept = book.add_record(RECORD, b"archive", ENVIRONMENT)

    assert RECORD == replace(kept, number=0, graded_at="")
    assert kept == book.find(KEY)
    assert b"archive" == book.archive("a" * 64)


def test_the_same_work_is_kept_once(book: Gradebook) -> None:
    """A second record of the same work is not added unless asked for."""
    first = book.add_record(RECORD, b"", ENVIRONMENT)

    assert first == book.add_record(RECORD, b"", ENVIRONMENT)
    assert 2 == book.add_record(RECORD, b"", ENVIRONMENT, again=True).number


def test_what_is_written_together_is_kept_together(book: Gradebook) -> None:
    """A record and its mark are one transaction: where the mark fails, the record is not kept either."""
    with book.together():
        number = book.add_record(RECORD, b"archive", ENVIRONMENT).number
        book.add_mark(Mark("s04", GRADE, number, "p" * 64))

    def fail() -> None:
        with book.together():
            book.add_record(replace(RECORD, key=replace(KEY, run="2")), b"archive", ENVIRONMENT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert {number} == {record.number for record in book.records()}
    assert {"41210"} == book.marks("s04").keys()
    assert [] == book.broken_links()
    assert book.add_record(replace(RECORD, key=replace(KEY, run="3")), b"archive", ENVIRONMENT).number


def test_a_record_with_a_fault_is_not_found(book: Gradebook) -> None:
    """What the grader could not do is done again."""
    book.add_record(replace(RECORD, fault="the tester died"), b"", ENVIRONMENT)
    book.add_record(replace(RECORD, results=(replace(RESULT, outcome=Outcome.GRADER_FAULT),)), b"", ENVIRONMENT)

    assert None is book.find(KEY)
    assert 3 == book.add_record(RECORD, b"", ENVIRONMENT).number


def test_an_unofficial_record_gives_way(book: Gradebook) -> None:
    """A record made with isolation is added beside one made without, and never the reverse."""
    book.add_record(replace(RECORD, official=False), b"", ENVIRONMENT)

    assert 2 == book.add_record(RECORD, b"", ENVIRONMENT).number
    assert 2 == book.add_record(replace(RECORD, official=False), b"", ENVIRONMENT).number


def test_marks_are_kept_when_they_change(book: Gradebook) -> None:
    """The last mark holds; an equal one adds nothing; the one before comes back."""
    mark = Mark("s04", GRADE, 1, "p")
    better = replace(mark, grade=replace(GRADE, points=6.0))

    assert (None, None) == (book.add_mark(mark), book.add_mark(mark))
    before = book.add_mark(better)
    assert before is not None
    assert 5.0 == before.grade.points
    assert 6.0 == book.marks("s04")["41210"].grade.points


@pytest.mark.parametrize(
    "change",
    [
        "update records set results = replace(results, 'passed', 'failed') where number = 2",
        "delete from records where number = 2",
        "update records set participant_id = '7' where number = 1",
        "update marks set grade = replace(grade, '5.0', '9.0')",
    ],
)
def test_a_later_change_shows(book: Gradebook, path: Path, change: str) -> None:
    """Whoever edits or removes a row breaks the chain."""
    for number in range(3):
        book.add_record(replace(RECORD, key=replace(KEY, participant_id=str(number))), b"", ENVIRONMENT)
    book.add_mark(Mark("s04", GRADE, 1, "p"))
    assert [] == book.broken_links()

    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()

    assert [] != book.broken_links()


@pytest.mark.parametrize(
    "change",
    [
        "update decisions set value = '{}' where number = 1",
        "update decisions set decided_by = 'bob' where number = 1",
        "delete from decisions where number = 1",
        "update decisions set stage = 's06' where number = 1",
        "delete from records where stage = 's04'",
    ],
)
def test_each_stage_is_one_chain(book: Gradebook, path: Path, change: str) -> None:
    """Records, marks and decisions of a stage follow each other; another stage's chain does not break with them."""
    for stage in ("s04", "s05"):
        book.add_record(replace(RECORD, key=replace(KEY, stage=stage)), b"", ENVIRONMENT)
        book.add_decisions([Decision(stage, "41210", DecisionKind.WAIVE, {"waived": True}, "ill", "ann")])
        book.add_mark(Mark(stage, GRADE, 1, "p"))
    assert [] == book.broken_links()
    assert [3, 3] == [book.head(stage)[0] for stage in ("s04", "s05")]
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()

    found = book.broken_links()
    assert [] != found
    assert [] == [line for line in found if line.split()[1] == "2:"]


def test_people_are_known_by_stage(book: Gradebook) -> None:
    """A later run adds what an earlier one did not know, and takes nothing away."""
    keep_people(book, "s04", [Person("41210", "", "Ann"), Person("41211", "25200101", "Bob", "group-3")])
    keep_people(book, "s04", [Person("41210", "25200100"), Person("41211", "", "Bob B.")])

    assert {
        "41210": Person("41210", "25200100", "Ann"),
        "41211": Person("41211", "25200101", "Bob B.", "group-3"),
    } == read_people(book, "s04")
    assert {} == read_people(book, "s05")


def test_two_commands_keep_the_same_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One keeps them at the moment at which the other begins to write; both end well, and nobody is there twice."""
    url = f"sqlite:///{tmp_path}/g.db"
    first, second = open_gradebook(url), open_gradebook(url)
    writing = second.writing

    def begin_late() -> AbstractContextManager[Writing]:
        keep_people(first, "s04", [Person("41210", "", "Ann"), Person("41211", "", "Bob")])
        return writing()

    monkeypatch.setattr(second, "writing", begin_late)
    keep_people(second, "s04", [Person("41210", "25200100", "Ann"), Person("41212", "", "Cyd")])

    assert {"41210": "25200100", "41211": "", "41212": ""} == {
        key: person.id_number for key, person in read_people(first, "s04").items()
    }
    assert [] == first.broken_links()


def test_the_last_worksheet_is_kept(book: Gradebook) -> None:
    """The same bytes; a later one takes the place of an earlier one, in its stage only."""
    assert None is read_worksheet_of(book, "s04")
    for data in (b"one", b"two"):
        keep_worksheet(book, "s04", data)
    keep_worksheet(book, "s05", b"one")

    assert (b"two", b"one") == (read_worksheet_of(book, "s04"), read_worksheet_of(book, "s05"))


def _add_many(path: str, first: int) -> None:
    book = open_gradebook(f"sqlite:///{path}")
    for number in range(first, first + 20):
        book.add_record(replace(RECORD, key=replace(KEY, participant_id=str(number))), b"", ENVIRONMENT)


@pytest.mark.slow
def test_two_graders_on_one_gradebook(book: Gradebook, path: Path) -> None:
    """Both add the same and different records at once: each is there once and the chain holds."""
    context = multiprocessing.get_context("spawn")
    graders = [context.Process(target=_add_many, args=(str(path), first)) for first in (0, 10)]
    for grader in graders:
        grader.start()
    for grader in graders:
        grader.join(60)

    assert [str(number) for number in range(30)] == sorted(
        (record.key.participant_id for record in book.records()), key=int
    )
    assert [] == book.broken_links()


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    """A file that is no database, or a folder that is not there, is a clear error."""
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    for url in (f"sqlite:///{tmp_path}/x.db", f"sqlite:///{tmp_path}/none/x.db"):
        with pytest.raises(GradebookError, match="cannot be opened"):
            open_gradebook(url)


def _with_results(path: Path, old: str, new: str) -> None:
    """Change the text of the stored results, as another version of the kit would have written it."""
    with sqlite3.connect(path) as connection:
        connection.execute("update records set results = replace(results, ?, ?)", (old, new))
    connection.close()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '"kind":"value"',
            '"kind":"telepathy"',
            r"0\.findings\.0\.kind: 'telepathy' does not exist here; allowed: 'missing'",
        ),
        ('"outcome":"passed"', '"outcome":"won"', r"0\.outcome: 'won' does not exist here; allowed: 'passed'"),
        (
            '"exception_type":""',
            '"exception_type":"<b>"',
            r"0\.findings\.0: '<b>' is not the name of a class of exceptions",
        ),
        ("[", "", "it is not JSON"),
    ],
)
def test_a_record_that_this_version_cannot_read_is_an_error(
    book: Gradebook, path: Path, old: str, new: str, words: str
) -> None:
    """It is named with its number, the place in it and what is allowed."""
    book.add_record(RECORD, b"", ENVIRONMENT)
    _with_results(path, old, new)

    with pytest.raises(GradebookError, match=f"record 1 of the gradebook cannot be read: {words}"):
        book.record(1)


def test_records_of_an_older_version_are_read(book: Gradebook, path: Path) -> None:
    """Findings had no type of exception; the kinds were the same words."""
    book.add_record(RECORD, b"", ENVIRONMENT)
    _with_results(path, ',"exception_type":""', "")

    assert (RESULT,) == book.record(1).results
