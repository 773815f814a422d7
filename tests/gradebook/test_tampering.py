"""Whoever changes a gradebook without the course secret is found, however carefully it is done."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from autograder.errors import AutograderError, GradebookError
from autograder.gradebook import (
    Environment,
    Gradebook,
    GradebookLog,
    Mark,
    Record,
    RecordKey,
    keep_people,
    keep_worksheet,
    open_gradebook,
)
from autograder.gradebook.chain import OF_A_STAGE, BookKey, plain_hash, read_start, row_mac
from autograder.gradebook.schema import METADATA
from autograder.graded import Basis, Decision, DecisionKind
from autograder.intake import Person
from autograder.model import Grade, Lateness, Outcome, Score, TestResult, Visibility
from tests.builders.anchors import adopt

ENVIRONMENT = Environment({"python": "3.11"})
STAGES = ("s04", "s05")
RESULT = TestResult("test_one", "", Visibility.HIDDEN, "One.", Outcome.FAILED)


@dataclass(frozen=True)
class Scene:
    """A gradebook of two stages with three people each, and its anchor.

    Attributes:
        older: a copy of the gradebook's file from before the last mark.
    """

    path: Path
    anchors: Path
    older: Path

    @property
    def anchor(self) -> Path:
        """The anchor's file."""
        (found,) = self.anchors.glob("*.json")
        return found

    def run(self, *statements: str) -> None:
        """Change the file by hand; every statement hits a row."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for statement in statements:
                assert connection.execute(statement).rowcount

    def rows(self, query: str) -> list[sqlite3.Row]:
        """What a query finds."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query).fetchall()


def mark(stage: str, key: str, points: float) -> Mark:
    """Somebody's mark, with everything that a mark is made of."""
    score = Score("test_one", Visibility.HIDDEN, points, 10.0)
    grade = Grade(key, points, 10.0, (score,), rubric={"clarity": 3.0}, late_points=1.0, held=("a draft",))
    return Mark(stage, grade, 1, "p" * 64, Basis("submitted", Lateness(), "a" * 64, held=("a draft",)))


def fill(book: Gradebook, stage: str) -> None:
    """Three people with records, marks, decisions and a worksheet."""
    keep_people(
        book, stage, [Person(key, f"2520{key}", name) for key, name in (("1", "Ann"), ("2", "Bob"), ("3", "Cy"))]
    )
    keep_worksheet(book, stage, f"worksheet of {stage}".encode())
    for key in "123":
        record = RecordKey(stage, key, key * 64, "e" * 64, "b" * 64, ENVIRONMENT.sha256, "1")
        book.add_record(Record(record, "00", ("landlock",), True, (RESULT,)), b"archive", ENVIRONMENT)
        book.add_mark(mark(stage, key, 5.0 + int(key)))
    book.add_decisions([Decision(stage, "2", DecisionKind.OVERRIDE, {"points": "6"}, "appeal", "ann")])
    book.add_decisions([Decision(stage, "3", DecisionKind.HOLD, {}, "interview", "ann")])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook that is right, its anchor, and a copy from before the last mark."""
    root = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SECRET", "the secret of the tests, long enough")
        patch.setenv("AUTOGRADER_ANCHORS", str(root / "anchors"))
        with closing(open_gradebook(f"sqlite:///{root}/gradebook.db")) as book:
            for stage in STAGES:
                fill(book, stage)
            GradebookLog(book).append({"user": 7, "grade": "6.00"})
        shutil.copy(root / "gradebook.db", root / "older.db")
        with closing(open_gradebook(f"sqlite:///{root}/gradebook.db")) as book:
            book.add_mark(mark("s05", "3", 1.0))
    return root


@pytest.fixture
def scene(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A copy of it for each test, whose anchor knows its place."""
    root = shutil.copytree(template, tmp_path / "scene")
    monkeypatch.setenv("AUTOGRADER_ANCHORS", str(root / "anchors"))
    with closing(open_gradebook(f"sqlite:///{root}/gradebook.db")) as book:
        adopt(book)
    return Scene(root / "gradebook.db", root / "anchors", root / "older.db")


def found(scene: Scene) -> list[str]:
    """What ``verify`` reports of the rows, or the error with which the gradebook does not even open."""
    try:
        with closing(open_gradebook(f"sqlite:///{scene.path}", create=False)) as book:
            return book.broken_links()
    except AutograderError as error:
        return [str(error)]


def grade(scene: Scene, old: str, new: str, key: str = "2") -> None:
    """Change the text of a grade."""
    scene.run(
        f"update marks set grade = replace(grade, '{old}', '{new}') where stage = 's04' and participant_id = '{key}'"
    )


def work_out_again(scene: Scene, hash_of: Callable[[str, int, dict[str, object]], str]) -> None:
    """Work the hashes of a changed stage out again, as an attacker who has no secret can."""
    with closing(sqlite3.connect(scene.path)) as connection, connection:
        connection.row_factory = sqlite3.Row
        rows = [
            (row["position"], table.name, dict(row))
            for table in OF_A_STAGE
            for row in connection.execute(f"select * from {table.name} where stage = 's04'")
        ]
        previous = "0" * 64
        for position, (_, table, row) in enumerate(sorted(rows, key=lambda item: item[:1]), 1):
            row |= {"previous_sha256": previous, "position": position}
            if "official" in row:
                row["official"] = bool(row["official"])
            previous = hash_of(table, row["number"], row)
            connection.execute(
                f"update {table} set position = ?, previous_sha256 = ?, sha256 = ? where number = ?",
                (position, row["previous_sha256"], previous, row["number"]),
            )


def recomputed_plain(scene: Scene) -> None:
    """As the hashes were before schema 3."""
    grade(scene, '"points":7.0', '"points":10.0')
    work_out_again(scene, lambda table, number, row: plain_hash(number, row))


def recomputed_with_another_secret(scene: Scene) -> None:
    """As they would be with a secret of the attacker's."""
    grade(scene, '"points":7.0', '"points":10.0')
    (start,) = scene.rows("select value from chain_notes where number = 1")
    key = BookKey.of(b"a secret of the attacker's own here", json.loads(start["value"])["book"])
    work_out_again(scene, lambda table, number, row: row_mac(key, METADATA.tables[table], number, row))


def began_again_as_an_older_kits(scene: Scene) -> None:
    """Hashes without a key, as if the gradebook had never been upgraded: the kit would key what it finds."""
    recomputed_plain(scene)
    scene.run("update alembic_version set version_num = '2'")
    with closing(sqlite3.connect(scene.path)) as connection:
        connection.execute("drop table states")
        connection.execute("drop table chain_notes")


def last_row_deleted_with_its_anchor(scene: Scene) -> None:
    """The anchor's number is lowered to fit."""
    scene.run(
        "delete from marks where stage = 's05' and position = (select max(position) from marks where stage = 's05')"
    )
    content = json.loads(scene.anchor.read_bytes())
    rows, _ = content["anchor"]["ends"]["stage s05"]
    end = scene.rows(f"select sha256 from decisions where stage = 's05' and position = {rows - 1}")
    content["anchor"]["ends"]["stage s05"] = [rows - 1, end[0]["sha256"]]
    scene.anchor.write_text(json.dumps(content))


def another_gradebook(scene: Scene) -> None:
    """A gradebook of the same course and secret, made for practice, takes this one's place."""
    other = scene.path.with_name("practice.db")
    with closing(open_gradebook(f"sqlite:///{other}")) as book:
        fill(book, "s04")
    shutil.copy(other, scene.path)


def swapped(table: str, column: str, one: int, two: int) -> str:
    """Exchange a value of two rows."""
    return (
        f"update {table} set {column} = (select other.{column} from {table} other "
        f"where other.number = {one + two} - {table}.number) where number in ({one}, {two})"
    )


COPY = "insert into {0} select {1} from {0} where stage = 's04' and number = (select min(number) from {0})"
MARK_COLUMNS = "grade, basis, policy_sha256, made_at"

TAMPERINGS: dict[str, Callable[[Scene], None]] = {
    "points": lambda scene: grade(scene, '"points":7.0', '"points":10.0'),
    "lateness": lambda scene: grade(scene, '"late_points":1.0', '"late_points":0.0'),
    "rubric": lambda scene: grade(scene, '"clarity":3.0', '"clarity":5.0'),
    "hold": lambda scene: grade(scene, '"held":["a draft"]', '"held":[]'),
    "maximum": lambda scene: grade(scene, '"out_of":10.0,"scores"', '"out_of":8.0,"scores"'),
    "basis": lambda scene: scene.run("update marks set basis = replace(basis, 'a draft', 'nothing') where number = 1"),
    "policy": lambda scene: scene.run("update marks set policy_sha256 = 'q' where number = 1"),
    "record of a mark": lambda scene: scene.run("update marks set record = 2 where number = 1"),
    "time": lambda scene: scene.run("update marks set made_at = '2020-01-01T00:00:00+00:00' where number = 1"),
    "results": lambda scene: scene.run("update records set results = replace(results, 'failed', 'passed')"),
    "seed": lambda scene: scene.run("update records set seed = '01' where number = 1"),
    "official": lambda scene: scene.run("update records set official = not official where number = 1"),
    "decision": lambda scene: scene.run('update decisions set value = \'{"points": "10"}\' where number = 1'),
    "kind of decision": lambda scene: scene.run("update decisions set kind = 'release' where number = 2"),
    "reason": lambda scene: scene.run("update decisions set reason = 'none' where number = 1"),
    "who decided": lambda scene: scene.run("update decisions set decided_by = 'bob' where number = 1"),
    "push": lambda scene: scene.run("update pushes set entry = replace(entry, '6.00', '9.00')"),
    "last row deleted": lambda scene: scene.run("delete from marks where number = (select max(number) from marks)"),
    "last row deleted, anchor lowered": last_row_deleted_with_its_anchor,
    "middle row deleted": lambda scene: scene.run("delete from records where number = 2"),
    "only push deleted": lambda scene: scene.run("delete from pushes"),
    "all of a stage deleted": lambda scene: scene.run(
        *(f"delete from {table} where stage = 's05'" for table in ("records", "marks", "decisions", "states", "people"))
    ),
    "all of a table deleted": lambda scene: scene.run("delete from decisions"),
    "table dropped": lambda scene: drop(scene, "marks"),
    "table of the key dropped": lambda scene: drop(scene, "chain_notes"),
    "table of the key emptied": lambda scene: scene.run("delete from chain_notes"),
    "key's row changed": lambda scene: scene.run("update chain_notes set made_at = '2020' where number = 1"),
    "another key's row": lambda scene: scene.run(
        'update chain_notes set value = replace(value, \'"ends": {}\', \'"ends": {"stage s04": [12, "0"]}\')'
    ),
    "hashes worked out as before": recomputed_plain,
    "hashes worked out with another secret": recomputed_with_another_secret,
    "older kit's gradebook": began_again_as_an_older_kits,
    "rows swapped": lambda scene: scene.run(*(swapped("marks", name, 1, 2) for name in MARK_COLUMNS.split(", "))),
    "participants of marks swapped": lambda scene: scene.run(swapped("marks", "participant_id", 1, 2)),
    "participants of records swapped": lambda scene: scene.run(swapped("records", "participant_id", 1, 2)),
    "names and numbers swapped": lambda scene: scene.run(
        "update people set id_number = case participant_id when '1' then '25202' else '25201' end "
        "where participant_id in ('1', '2')"
    ),
    "team": lambda scene: scene.run("update people set team = '3' where participant_id = '1' and stage = 's04'"),
    "person removed": lambda scene: scene.run("delete from people where participant_id = '1' and stage = 's04'"),
    "worksheet": lambda scene: scene.run(
        "update contents set data = x'00' where cast(data as text) = 'worksheet of s04'"
    ),
    "another worksheet": lambda scene: scene.run(
        "update worksheets set sha256 = (select sha256 from worksheets where stage = 's05') where stage = 's04'"
    ),
    "environment": lambda scene: scene.run("update environments set description = '{}'"),
    "row duplicated": lambda scene: scene.run(
        f"insert into marks select 99, stage, participant_id, record, {MARK_COLUMNS}, 99, previous_sha256, sha256 "
        "from marks where number = 1"
    ),
    "row inserted": lambda scene: scene.run(
        "insert into decisions select 99, stage, '1', kind, value, reason, decided_by, made_at, 99, sha256, "
        f"'{hashlib.sha256(b'a guess').hexdigest()}' from decisions where number = 1"
    ),
    "row of another stage": lambda scene: scene.run(
        f"insert into marks select 99, 's05', participant_id, record, {MARK_COLUMNS}, 99, previous_sha256, sha256 "
        "from marks where number = 1"
    ),
    "stages of rows exchanged": lambda scene: scene.run(
        "update records set stage = case stage when 's04' then 's99' else 's04' end",
        "update records set stage = 's05' where stage = 's99'",
    ),
    "schema of an older kit": lambda scene: scene.run("update alembic_version set version_num = '2'"),
    "schema of a newer kit": lambda scene: scene.run("update alembic_version set version_num = '99'"),
    "no schema": lambda scene: scene.run("delete from alembic_version"),
    "value of another type": lambda scene: scene.run("update marks set position = 'one' where number = 1"),
    "bytes in place of text": lambda scene: scene.run("update decisions set reason = x'ff' where number = 1"),
    "anchor deleted": lambda scene: scene.anchor.unlink(),
    "anchor truncated": lambda scene: scene.anchor.write_bytes(scene.anchor.read_bytes()[:100]),
    "anchor emptied": lambda scene: scene.anchor.write_bytes(b""),
    "anchor changed": lambda scene: scene.anchor.write_bytes(scene.anchor.read_bytes().replace(b"s05", b"s06")),
    "older copy": lambda scene: scene.older.replace(scene.path),
    "another gradebook of the course": another_gradebook,
    "empty file": lambda scene: scene.path.write_bytes(b""),
    "file removed": lambda scene: scene.path.unlink(),
    "secret replaced": lambda scene: None,  # the test does it
}


def drop(scene: Scene, table: str) -> None:
    """Drop a table."""
    with closing(sqlite3.connect(scene.path)) as connection:
        connection.execute(f"drop table {table}")


def test_a_gradebook_that_nobody_changed_is_right(scene: Scene) -> None:
    """Also where it was moved together with nothing else, and where it was only copied to be read."""
    assert [] == found(scene)
    copy = scene.path.with_name("copy.db")
    shutil.copy(scene.path, copy)
    assert [] == found(replace(scene, path=copy))
    scene.path.rename(scene.path.with_name("moved.db"))
    assert [] == found(replace(scene, path=scene.path.with_name("moved.db")))


def test_a_copy_is_read_and_not_written_to(scene: Scene) -> None:
    """Otherwise the gradebook itself would lack what its anchor has; a person may decide for the copy."""
    copy = scene.path.with_name("copy.db")
    shutil.copy(scene.path, copy)
    with closing(open_gradebook(f"sqlite:///{copy}")) as book:
        with pytest.raises(GradebookError, match=f"this is a copy: the gradebook itself is {scene.path}"):
            book.add_mark(mark("s05", "1", 2.0))
        assert [] == book.broken_links()
        book.anchor()
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        book.add_mark(mark("s05", "1", 2.0))
    with closing(open_gradebook(f"sqlite:///{copy}")) as book:
        assert 2 == len(book.accept("the other one is the copy", "ann"))
        book.add_mark(mark("s05", "1", 3.0))
        assert [] == book.broken_links()


@pytest.mark.parametrize("what", TAMPERINGS)
def test_every_tampering_is_found(scene: Scene, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name of the row, of the chain or of the file; and nobody can go on as if nothing had happened."""
    TAMPERINGS[what](scene)
    if what == "secret replaced":
        monkeypatch.setenv("AUTOGRADER_SECRET", "another secret, as long as it has to be")

    assert [] != found(scene)


REFUSED = [name for name in TAMPERINGS if name not in ("another gradebook of the course", "empty file", "file removed")]


@pytest.mark.parametrize("what", REFUSED)
def test_nothing_is_added_to_what_was_tampered_with(scene: Scene, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark that is made of changed rows would be keyed as if it were right."""
    TAMPERINGS[what](scene)
    if what == "secret replaced":
        monkeypatch.setenv("AUTOGRADER_SECRET", "another secret, as long as it has to be")
    with pytest.raises(AutograderError):
        require_whole(scene)


def require_whole(scene: Scene) -> None:
    """What ``grade`` and each decision do first."""
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        for stage in STAGES:
            book.require_whole(stage)


def test_a_gradebook_that_began_anew_says_that_another_one_was_there(scene: Scene) -> None:
    """It can be used; whoever runs ``grade`` or ``verify`` reads it, until somebody accepts it."""
    scene.path.unlink()
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        fill(book, "s04")
        assert [1, 1] == [len(book.others_here()), len(book.broken_links())]
        book.require_whole("s04")
        (said,) = book.accept("we begin anew", "ann")
        assert [] == book.broken_links()
        (line,) = book.accepted()
    assert said in line
    assert "accepted by ann on " in line
    assert "we begin anew" in line
    assert said.startswith("another gradebook was at this place: on ")


def test_a_backup_copy_is_accepted_by_a_person(scene: Scene) -> None:
    """Nothing is written before; afterwards the anchor is the copy's, and what was accepted can be read for ever."""
    scene.older.replace(scene.path)
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        with pytest.raises(GradebookError, match=r"stage s05: on .* UTC it had 11 rows.*autograder anchor --reason"):
            book.add_mark(mark("s05", "3", 9.0))
        book.accept("the disk was lost", "ann")
        book.add_mark(mark("s05", "3", 9.0))
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        assert [] == book.broken_links()
        assert ["the disk was lost" in line for line in book.accepted()] == [True]


def test_an_older_anchor_is_right_while_the_rows_are_there(scene: Scene) -> None:
    """As after kill -9 between a row and its anchor, and with two graders who have an anchor each."""
    before = scene.anchor.read_bytes()
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        book.add_mark(mark("s05", "3", 2.0))
    scene.anchor.write_bytes(before)
    assert [] == found(scene)
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        book.anchor()
    scene.run("delete from marks where number = (select max(number) from marks)")

    assert 1 == len(found(scene))


@pytest.mark.parametrize("where", ["row", "anchor"])
def test_a_command_that_is_killed_leaves_nothing_to_accept(
    scene: Scene, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the row is kept there is neither, after it the row alone: both go on."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    place = (
        "autograder.gradebook.book.Writing.append"
        if where == "row"
        else "autograder.gradebook.anchoring.advance_anchor"
    )
    with closing(open_gradebook(f"sqlite:///{scene.path}")) as book:
        with monkeypatch.context() as patch:
            patch.setattr(place, stop)
            with pytest.raises(KeyboardInterrupt):
                book.add_mark(mark("s05", "1", 2.0))
        assert [] == book.broken_links()
        book.add_mark(mark("s05", "1", 3.0))
        assert [] == book.broken_links()


def test_an_anchor_holds_no_secret_and_is_the_users_alone(scene: Scene) -> None:
    """Its folder too; nothing but numbers, hashes, a place and a time."""
    content = json.loads(scene.anchor.read_bytes())

    assert (0o600, 0o700) == (scene.anchor.stat().st_mode & 0o777, scene.anchors.stat().st_mode & 0o777)
    assert {"anchor", "mac"} == content.keys()
    assert {"book", "place", "ends", "written_at"} == content["anchor"].keys()
    assert os.environ["AUTOGRADER_SECRET"] not in scene.anchor.read_text()


def test_rows_are_keyed_as_documented(scene: Scene) -> None:
    """HMAC-SHA256 of the gradebook's name and the row, with a key that is derived from the course secret."""
    (row,) = scene.rows("select * from decisions where number = 1")
    (start,) = scene.rows("select value from chain_notes where number = 1")
    key = hmac.digest(os.environ["AUTOGRADER_SECRET"].encode(), b"gradebook", hashlib.sha256)
    fields = {name: row[name] for name in row.keys() if name not in ("number", "sha256")}  # noqa: SIM118  # a sqlite row
    text = json.dumps([json.loads(start["value"])["book"], ["decisions", 1, fields]], sort_keys=True)

    assert hmac.digest(key, text.encode(), hashlib.sha256).hex() == row["sha256"]


@pytest.fixture
def sealed_old(tmp_path: Path) -> Iterator[Gradebook]:
    """A gradebook of schema 1 after its upgrade."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / "data" / "schema_1.sql").read_text("utf-8"))
    book = open_gradebook(f"sqlite:///{path}")
    yield book
    book.close()


def test_rows_from_before_the_key_are_held_by_its_first_note(sealed_old: Gradebook, tmp_path: Path) -> None:
    """Even where their plain hashes are worked out again: the first note has the last one."""
    with sealed_old.reading() as connection:
        assert 2 == read_start(connection).ends["pushes"][0]
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("select * from pushes where number = 2").fetchone())
        row["entry"] = "{}"
        connection.execute("update pushes set entry = '{}', sha256 = ? where number = 2", (plain_hash(2, row),))

    assert "pushes 2: it was changed after it was written" in sealed_old.broken_links()
