"""Texts that a gradebook keeps under their hash."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from autograder.gradebook.book import Gradebook, keep_row
from autograder.gradebook.schema import CONTENTS, ENVIRONMENTS


def keep_content(book: Gradebook, data: bytes) -> str:
    """Keep bytes, once; returns their hash."""
    sha256 = hashlib.sha256(data).hexdigest()
    if kept_content(book, sha256) is None:
        with book.writing() as writing:
            keep_row(writing.connection, CONTENTS, {"sha256": sha256, "data": data})
    return sha256


def kept_content(book: Gradebook, sha256: str) -> bytes | None:
    """The bytes of that hash; None where they are not kept, or were changed."""
    with book.reading() as connection:
        data = connection.execute(select(CONTENTS.c.data).where(CONTENTS.c.sha256 == sha256)).scalar_one_or_none()
    return bytes(data) if data is not None and hashlib.sha256(data).hexdigest() == sha256 else None


def kept_environment(book: Gradebook, sha256: str) -> str | None:
    """The JSON text of an environment, under the same conditions."""
    query = select(ENVIRONMENTS.c.description).where(ENVIRONMENTS.c.sha256 == sha256)
    with book.reading() as connection:
        text = connection.execute(query).scalar_one_or_none()
    return text if text is not None and hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() == sha256 else None
