"""Bring a gradebook's file to this kit's schema: made, as it is, or upgraded after a backup copy."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from autograder.errors import DamagedGradebook, GradebookError, UsageError
from autograder.gradebook.anchoring import Keeper
from autograder.gradebook.chain import begin_key
from autograder.gradebook.schema import METADATA

SCHEMA = "3"
OLDER = ("1", "2")  # those that can be upgraded
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))  # Alembic's own
FIRST_TABLES = frozenset({"submissions", "environments", "records", "marks", "pushes", "contents"})
TABLES = {"1": FIRST_TABLES, "2": FIRST_TABLES | {"decisions", "people", "worksheets"}, SCHEMA: set(METADATA.tables)}


@dataclass(frozen=True)
class Prepared:
    """What was done to a gradebook before its use.

    Attributes:
        backup: the copy that was made before an upgrade (SQLite only).
        is_keyed_now: whether its key has just begun, so that it has no anchor yet.
    """

    backup: Path | None = None
    is_keyed_now: bool = False


def prepare(engine: Engine, keeper: Keeper, *, create: bool = True) -> Prepared:
    """Make the tables of a new gradebook, or upgrade those of an older one.

    Args:
        engine: of the gradebook.
        keeper: of its key.
        create: whether a gradebook that is not there is made.

    Raises:
        GradebookError: it is of a newer kit, or tables are missing.
        UsageError: there is none, and none is to be made.
    """
    with engine.execution_options(reading=True).connect() as connection:
        version = _version(connection)
    if version == SCHEMA:
        return Prepared()
    if version is None and not create:
        raise UsageError("there is no gradebook there yet; run autograder grade first, or name another one")
    with engine.begin() as connection:
        version = _version(connection)  # again: another command may have done it in between
        if version is None:
            METADATA.create_all(connection)
            VERSION.create(connection)
            connection.execute(VERSION.insert(), {"version_num": SCHEMA})
            begin_key(connection, keeper.secret)
            return Prepared(is_keyed_now=True)
        if version == SCHEMA:
            return Prepared()
        keeper.refuse_older()
        backup = _upgrade(engine, connection, version)
        begin_key(connection, keeper.secret)
        return Prepared(backup, is_keyed_now=True)


def _version(connection: Connection) -> str | None:
    """The schema's number; None of a database without any table of ours."""
    tables = set(inspect(connection).get_table_names())
    version = "1" if FIRST_TABLES & tables else None
    if VERSION.name in tables:
        found = connection.execute(select(VERSION.c.version_num)).scalars().all()
        version = found[0] if len(found) == 1 else "none"
    if version is None:
        return None
    if version not in (*OLDER, SCHEMA):
        raise GradebookError(
            f"the gradebook has schema {version[:20]!r}, this kit knows {OLDER[0]} to {SCHEMA}: it was written by a "
            "newer kit; update the kit, or use the backup copy from before"
        )
    expected = TABLES[version]
    missing = sorted(expected - tables)
    if missing:
        raise DamagedGradebook(f"the gradebook is damaged: it has no table {', '.join(missing)}; use a backup copy")
    return version


def _upgrade(engine: Engine, connection: Connection, version: str) -> Path | None:
    # Alembic is imported here since most commands do not need it.
    from alembic import command
    from alembic.config import Config

    backup = _back_up(connection, version) if engine.dialect.name == "sqlite" else None
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if version == "1" and VERSION.name not in inspect(connection).get_table_names():
        command.stamp(config, "1")
    command.upgrade(config, SCHEMA)
    return backup


def _back_up(connection: Connection, version: str) -> Path | None:
    """Copy a SQLite file beside itself, whole or not at all; our lock keeps others from writing meanwhile."""
    path = next((row[2] for row in connection.exec_driver_sql("PRAGMA database_list") if row[1] == "main"), "")
    if not path:
        return None
    source = Path(path)
    backup = _free_name(source, version)
    waiting = backup.with_name(f".{backup.name}.part")
    waiting.unlink(missing_ok=True)
    # Through SQLite: opening and closing the file in another way would take its locks from us.
    reader, copy = sqlite3.connect(source), sqlite3.connect(waiting)
    try:
        reader.backup(copy)
    finally:
        copy.close()
        reader.close()
    shutil.copymode(source, waiting)
    waiting.replace(backup)
    return backup


def _free_name(source: Path, version: str) -> Path:
    names = (f"{source.stem}.schema-{version}{end}{source.suffix}" for end in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path for path in (source.with_name(name) for name in names) if not path.exists())
