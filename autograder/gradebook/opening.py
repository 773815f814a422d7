"""Open a gradebook at a SQLAlchemy URL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from autograder.course.secret import course_secret
from autograder.errors import DamagedGradebook, GradebookError, UsageError
from autograder.gradebook.anchoring import Keeper
from autograder.gradebook.book import Gradebook, reason
from autograder.gradebook.migrating import prepare

BUSY_SECONDS = 60  # how long to wait for another grader's transaction


def open_gradebook(url: str, *, create: bool = True, time_zone: str = "UTC") -> Gradebook:
    """The gradebook at a SQLAlchemy URL, created if need be, and upgraded if it is an older kit's.

    Args:
        url: such as ``sqlite:///marks/gradebook.db``.
        create: whether one that is not there is made; where it is only read, an empty one would be no help.
        time_zone: the module's, for times in messages.

    Raises:
        GradebookError: it cannot be opened, or is a newer kit's.
        UsageError: there is none, and none is to be made.
    """
    try:
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS} if url.startswith("sqlite") else {})
        if engine.dialect.name == "sqlite":
            _refuse_missing(engine, create=create)
            _refuse_other(engine)
            _make_private(engine)
            event.listen(engine, "connect", _configure_sqlite)
            event.listen(engine, "begin", _begin_immediate)
        keeper = Keeper(course_secret, place_of(engine), time_zone)
        prepared = prepare(engine, keeper, create=create)
    except DatabaseError as error:
        if isinstance(error, OperationalError):  # locked, no room: the machine's
            raise GradebookError(f"the gradebook cannot be opened: {reason(error)}") from None
        where = engine.url.render_as_string()
        raise DamagedGradebook(f"{where}: the gradebook cannot be opened: {reason(error)}") from None
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        raise GradebookError(f"the gradebook cannot be opened: {reason(error)}") from None
    book = Gradebook(engine, keeper, prepared.backup)
    if prepared.is_keyed_now:
        with book.reading() as connection:
            keeper.start(connection)
    return book


def place_of(engine: Engine) -> str:
    """Where a gradebook is, in one spelling: the file's whole path, or the URL without the password."""
    name = engine.url.database or ""
    if engine.dialect.name != "sqlite":
        return engine.url.render_as_string()
    name = name.removeprefix("file:").partition("?")[0] if name.startswith("file:") else name
    return str(Path(name).resolve()) if name and name != ":memory:" else ""


def _refuse_missing(engine: Engine, *, create: bool) -> None:
    """Where nothing is to be made, SQLite must not leave an empty file either."""
    path = engine.url.database or ""
    if not create and path and not path.startswith("file:") and not Path(path).exists():
        raise UsageError(f"{path}: there is no gradebook; run autograder grade first, or name another one")


def _refuse_other(engine: Engine) -> None:
    path = engine.url.database or ""
    if path and Path(path).is_dir():
        raise UsageError(f"{path}: a folder is in the gradebook's place; name another gradebook, or remove the folder")


def _make_private(engine: Engine) -> None:
    """The file has marks and seeds: it is the user's alone, whatever the umask; SQLite's own files take its mode."""
    name = engine.url.database or ""
    if not name or name == ":memory:" or name.startswith("file:") or os.name != "posix":
        return
    path = Path(name)
    try:  # not opened where it is there: closing it would take the locks of another connection of this process
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        found = path.stat()
        if found.st_uid == os.getuid() and found.st_mode & 0o077:
            path.chmod(found.st_mode & 0o700)


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: see _begin_immediate
    connection.execute("PRAGMA synchronous=FULL")


def _begin_immediate(connection: Connection) -> None:
    # Taking the write lock at once lets two graders wait for each other instead of failing half-way.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
