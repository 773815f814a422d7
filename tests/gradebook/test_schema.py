"""Gradebooks of earlier kits open with everything in them; those of later kits are refused."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from autograder.errors import GradebookError, UsageError
from autograder.gradebook import Mark, open_gradebook
from autograder.gradebook.migrating import MIGRATIONS, OLDER, SCHEMA
from autograder.gradebook.schema import METADATA
from autograder.graded import Decision, DecisionKind
from autograder.model import Grade
from autograder.pipeline.storing import is_of, unpack

SCHEMA_1 = Path(__file__).parent / "data" / "schema_1.sql"  # written by kit 0.1.0: a class graded and marked twice
SCHEMA_2 = SCHEMA_1.with_name("schema_2.sql")  # by kit 0.2.0: three people, a rubric, an override, two pushes
STAGE = "s01_tiny"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A gradebook of schema 1."""
    path = tmp_path / "gradebook.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA_1.read_text("utf-8"))
    connection.close()
    return path


@pytest.fixture
def keyless(tmp_path: Path) -> Path:
    """A gradebook of schema 2, whose hashes have no key."""
    path = tmp_path / "gradebook.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA_2.read_text("utf-8"))
    connection.close()
    return path


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a query finds in a file."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


OLD_COLUMNS = {
    "submissions": "*",
    "environments": "*",
    "contents": "*",
    "pushes": "*",
    "marks": "number, stage, participant_id, record, grade, policy_sha256, made_at, previous_sha256, sha256",
    "records": (
        "number, stage, participant_id, submission_sha256, kit_version, stage_sha256, environment_sha256, run, "
        "attempt, seed, layers, official, fault, results, graded_at, previous_sha256, sha256"
    ),
}


def test_a_gradebook_of_schema_1_keeps_every_value(old: Path) -> None:
    """No value of any row is another one after the upgrade, and the chains hold."""
    before = {table: rows(old, f"select {columns} from {table}") for table, columns in OLD_COLUMNS.items()}
    book = open_gradebook(f"sqlite:///{old}")

    assert before == {table: rows(old, f"select {columns} from {table}") for table, columns in OLD_COLUMNS.items()}
    assert [5, 14, 2] == [len(before[table]) for table in ("records", "marks", "pushes")]
    assert [] == book.broken_links()


def test_a_gradebook_of_schema_1_can_be_used(old: Path) -> None:
    """Records, marks and files are read as ever, and new rows join a chain that holds the ends of the old ones."""
    book = open_gradebook(f"sqlite:///{old}")
    marks = {key: mark.grade.points for key, mark in book.marks(STAGE).items()}
    records = book.records(STAGE)
    files = [unpack("1", book.archive(record.key.submission_sha256)) for record in records]
    book.add_mark(Mark(STAGE, Grade("101", 7.0, 10.0, ()), None, "p"))
    book.add_decisions([Decision(STAGE, "101", DecisionKind.HOLD, {}, "appeal", "ann")])

    assert {"101": 120, "102": 50, "103": 70, "104": 108, "105": 120, "107": 0, "108": 0} == marks
    assert all(is_of(sent, record.key.submission_sha256) for sent, record in zip(files, records, strict=True))
    assert ["0.1.0"] * 5 == [record.kit_version for record in records]
    assert [] == book.broken_links()
    assert 2 == book.head(STAGE)[0]


@pytest.mark.parametrize(
    "change",
    [
        "update marks set grade = replace(grade, '100.0', '10.0') where number = 3",
        "delete from marks where number = 14",
        "delete from records where number = 5",
        "update records set engine_sha256 = 'e' where number = 1",
        "update records set position = 3 where number = 5",
    ],
)
def test_a_change_of_old_rows_shows_after_the_upgrade(old: Path, change: str) -> None:
    """Even of the last ones, which no old row holds the hash of: the new chain does."""
    book = open_gradebook(f"sqlite:///{old}")
    book.add_decisions([Decision(STAGE, "101", DecisionKind.HOLD, {}, "appeal", "ann")])
    assert [] == book.broken_links()
    with sqlite3.connect(old) as connection:
        changed = connection.execute(change).rowcount
    connection.close()

    assert 1 == changed
    assert [] != book.broken_links()


KEPT = ("submissions", "environments", "contents", "pushes", "marks", "records", "decisions", "people", "worksheets")


def test_a_gradebook_of_schema_2_keeps_every_value(keyless: Path) -> None:
    """Its rows keep their hashes; the first note, which is keyed, holds where the chains ended; new rows follow."""
    before = {table: rows(keyless, f"select * from {table}") for table in KEPT}
    book = open_gradebook(f"sqlite:///{keyless}")

    assert before == {table: rows(keyless, f"select * from {table}") for table in KEPT}
    assert [2, 3, 2, 2] == [len(before[table]) for table in ("records", "marks", "decisions", "pushes")]
    assert [("people",), ("worksheet",)] == rows(keyless, "select kind from states order by number")
    book.add_decisions([Decision(STAGE, "ann", DecisionKind.HOLD, {}, "appeal", "ann")])
    assert ([], 10) == (book.broken_links(), book.head(STAGE)[0])
    assert keyless.with_name("gradebook.schema-2.db") == book.backup


@pytest.mark.parametrize(
    "change",
    [
        "update marks set grade = replace(grade, '30.0', '90.0') where participant_id = 'bob'",
        "delete from marks where number = 3",
        "delete from decisions where number = 2",
        "delete from pushes where number = 2",
        "update decisions set position = 99 where number = 2",
    ],
)
def test_a_change_of_keyless_rows_shows_after_the_upgrade(keyless: Path, change: str) -> None:
    """Even of the last ones: the first note has their hashes."""
    book = open_gradebook(f"sqlite:///{keyless}")
    with sqlite3.connect(keyless) as connection:
        changed = connection.execute(change).rowcount
    connection.close()

    assert 1 == changed
    assert [] != book.broken_links()


def test_a_gradebook_that_was_changed_before_the_upgrade_stays_so(keyless: Path) -> None:
    """A key does not make right what was wrong."""
    with sqlite3.connect(keyless) as connection:
        connection.execute("update marks set grade = replace(grade, '30.0', '90.0') where participant_id = 'bob'")
    connection.close()

    assert ["it was changed after it was written"] == [
        line.split(": ")[1] for line in open_gradebook(f"sqlite:///{keyless}").broken_links()
    ]


def test_the_file_is_copied_before_the_upgrade(old: Path) -> None:
    """The copy is the old file, row for row, and a kit of its time could open it; a second open makes none."""
    before = rows(old, "select * from marks")
    book = open_gradebook(f"sqlite:///{old}")
    book.close()
    again = open_gradebook(f"sqlite:///{old}")

    assert old.with_name("gradebook.schema-1.db") == book.backup
    assert before == rows(book.backup, "select * from marks")
    assert [] == rows(book.backup, "select name from sqlite_master where name = 'alembic_version'")
    assert None is again.backup
    assert {old, book.backup} == set(old.parent.iterdir())


def test_an_earlier_copy_stays(old: Path) -> None:
    """A second copy has a name of its own."""
    old.with_name("gradebook.schema-1.db").write_text("mine")
    book = open_gradebook(f"sqlite:///{old}")

    assert old.with_name("gradebook.schema-1-2.db") == book.backup
    assert "mine" == old.with_name("gradebook.schema-1.db").read_text()


def test_a_failed_upgrade_leaves_the_file(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an upgrade is none."""
    from alembic import op

    before = rows(old, "select name, sql from sqlite_master order by name")
    monkeypatch.setattr(op, "rename_table", lambda *_: (_ for _ in ()).throw(OSError("the machine stopped")))
    with pytest.raises(GradebookError, match="cannot be opened: the machine stopped"):
        open_gradebook(f"sqlite:///{old}")

    assert before == rows(old, "select name, sql from sqlite_master order by name")


def test_a_newer_gradebook_is_refused(tmp_path: Path) -> None:
    """Nothing is written into what this kit does not know; exit code 3."""
    path = tmp_path / "gradebook.db"
    open_gradebook(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("update alembic_version set version_num = '4'")
    connection.close()
    with pytest.raises(GradebookError, match=r"schema '4'.*newer kit; update the kit") as caught:
        open_gradebook(f"sqlite:///{path}")

    assert 3 == caught.value.exit_code


@pytest.mark.parametrize("table", sorted(METADATA.tables))
def test_a_missing_table_is_damage(tmp_path: Path, table: str) -> None:
    """A table that was dropped is not made anew: its marks would be gone without a message."""
    path = tmp_path / "gradebook.db"
    open_gradebook(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"drop table {table}")
    connection.close()
    with pytest.raises(GradebookError, match=f"damaged: it has no table {table}"):
        open_gradebook(f"sqlite:///{path}")


@pytest.mark.parametrize("is_there", [True, False])
def test_no_gradebook_is_made_where_one_is_to_be_read(tmp_path: Path, is_there: bool) -> None:
    """Neither a file nor tables in an empty one."""
    path = tmp_path / "gradebook.db"
    if is_there:
        path.write_bytes(b"")
    with pytest.raises(UsageError, match="no gradebook"):
        open_gradebook(f"sqlite:///{path}", create=False)

    assert is_there == path.exists()
    assert not is_there or path.read_bytes() == b""


def test_migrations_lead_to_the_tables_of_a_new_gradebook(old: Path, tmp_path: Path) -> None:
    """An upgraded and a new file have the same tables, columns and constraints."""
    open_gradebook(f"sqlite:///{old}").close()
    open_gradebook(f"sqlite:///{tmp_path}/new.db").close()
    for path in (old, tmp_path / "new.db"):
        engine = create_engine(f"sqlite:///{path}")
        with engine.connect() as connection:
            assert [] == compare_metadata(MigrationContext.configure(connection), METADATA)
        engine.dispose()


def test_the_first_migration_makes_the_tables_of_schema_1(old: Path, tmp_path: Path) -> None:
    """Table by table, column by column, as kit 0.1.0 made them."""
    engine = create_engine(f"sqlite:///{tmp_path}/made.db")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "1")
    engine.dispose()

    for table in OLD_COLUMNS:
        assert rows(old, f"pragma table_info({table})") == rows(tmp_path / "made.db", f"pragma table_info({table})")


def test_every_schema_has_a_migration() -> None:
    """The number in the kit is the newest revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    out = StringIO()
    config.stdout = out
    command.history(config)

    assert [*OLDER, SCHEMA] == sorted(
        line.split(" -> ")[1].split()[0].strip(",") for line in out.getvalue().splitlines()
    )


def test_decisions_come_back_as_they_were(tmp_path: Path) -> None:
    """Who, when, why, for whom and what; in the order in which they were made."""
    book = open_gradebook(f"sqlite:///{tmp_path}/g.db")
    made = [
        Decision("s04", "", DecisionKind.DROP_TEST, {"test": "test_x", "how": "everyone gets it"}, "wrong", "ann"),
        Decision("s04", "7", DecisionKind.REMARK, {"criterion": "", "text": "schön 🦊"}, "praise", "bob"),
    ]
    kept = book.add_decisions(made)

    assert kept == book.decisions("s04")
    assert () == book.decisions("s05")
    without = {"number", "made_at"}
    assert [{key: value for key, value in asdict(one).items() if key not in without} for one in made] == [
        {key: value for key, value in asdict(one).items() if key not in without} for one in kept
    ]
    assert all(one.made_at for one in kept)
