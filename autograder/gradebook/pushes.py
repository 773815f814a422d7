"""The gradebook as the log of pushes to Moodle: see :class:`autograder.moodle.web.log.PushLog`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import select

from autograder.errors import GradebookError
from autograder.gradebook.book import Gradebook, keep_row
from autograder.gradebook.schema import CONTENTS, PUSHES


class GradebookLog:
    """Entries in a chained table of the gradebook, contents by their hash."""

    def __init__(self, book: Gradebook) -> None:
        self._book = book

    def append(self, entry: Mapping[str, Any]) -> None:
        text = json.dumps(dict(entry), ensure_ascii=False, sort_keys=True).encode("utf-8", "replace").decode()
        with self._book.writing() as writing:
            writing.append(PUSHES, {"entry": text})

    def together(self) -> AbstractContextManager[None]:
        return self._book.together()

    def entries(self) -> Iterator[dict[str, Any]]:
        broken = self._book.broken_pushes()
        if broken:
            raise GradebookError(broken[0])
        with self._book.reading() as connection:
            rows = connection.execute(select(PUSHES.c.entry).order_by(PUSHES.c.number)).all()
        for row in rows:
            yield json.loads(row.entry)

    def keep(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        with self._book.writing() as writing:
            keep_row(writing.connection, CONTENTS, {"sha256": sha256, "data": data})
        return sha256

    def kept(self, sha256: str) -> bytes:
        with self._book.reading() as connection:
            found = connection.execute(select(CONTENTS.c.data).where(CONTENTS.c.sha256 == sha256)).scalar_one_or_none()
        data = bytes(found or b"")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise GradebookError(f"the contents {sha256[:12]}… are not in the gradebook, or were changed")
        return data
