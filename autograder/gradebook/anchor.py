"""Where each chain of a gradebook ended, kept outside the database and keyed like its rows.

One small private file a gradebook, in the folder of the course secret: whoever can change it unseen can read the
secret, too. A chain must still have the row that the anchor names, with the same hash; it may have more, since another
grader, or a command that was killed after its row was kept, may have added some. So no rows can be removed from the
end, and no older copy can take the gradebook's place, but of the rows that came after the last anchor.
"""

from __future__ import annotations

import hmac
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course.secret import secret_path
from autograder.errors import AutograderError, GradebookError
from autograder.gradebook.chain import BookKey, End, now
from autograder.outputfiles import make_folder, write_file

ANCHORS_VARIABLE = "AUTOGRADER_ANCHORS"


@dataclass(frozen=True)
class Anchor:
    """What one gradebook must still have.

    Attributes:
        book: the gradebook's own name.
        place: where it was when this was written; empty once another one may be there.
        ends: of each chain.
        written_at: ISO 8601, UTC.
    """

    book: str
    place: str
    ends: Mapping[str, End]
    written_at: str

    @property
    def rows(self) -> int:
        """Of all chains together."""
        return sum(rows for rows, _ in self.ends.values())


def anchors_folder() -> Path:
    """The environment variable AUTOGRADER_ANCHORS, else ``anchors`` beside the secret."""
    given = os.environ.get(ANCHORS_VARIABLE)
    return Path(given) if given else secret_path().parent / "anchors"


def anchor_path(key: BookKey) -> Path:
    """Where the anchor of a gradebook is."""
    return anchors_folder() / f"{key.book}.json"


def read_anchor(key: BookKey) -> Anchor | None:
    """The anchor of a gradebook; None where there is none.

    Raises:
        GradebookError: it is damaged, or was not made with this secret.
    """
    return _read(anchor_path(key), key)


def advance_anchor(key: BookKey, place: str, ends: Mapping[str, End]) -> None:
    """Let the anchor hold these ends too: of each chain the longer one.

    Raises:
        GradebookError: it cannot be written.
    """
    with _alone(key):
        known = read_anchor(key)
        merged = dict(known.ends) if known is not None else {}
        merged |= {name: end for name, end in ends.items() if end[0] >= merged.get(name, (0, ""))[0]}
        _write(key, Anchor(key.book, place, merged, now()))


def replace_anchor(key: BookKey, place: str, ends: Mapping[str, End]) -> None:
    """Let the anchor hold these ends and nothing else; other gradebooks that were at this place are let go.

    Raises:
        GradebookError: it cannot be written.
    """
    with _alone(key):
        for other in others_at(key, place):
            _write(BookKey(key.key, other.book), replace(other, place=""))
        _write(key, Anchor(key.book, place, ends, now()))


def others_at(key: BookKey, place: str) -> list[Anchor]:
    """Anchors of other gradebooks of the same secret that were last seen at this place."""
    found = []
    for path in sorted(anchors_folder().glob("*.json")):
        if path.stem == key.book:
            continue
        try:
            anchor = _read(path, BookKey(key.key, path.stem))
        except GradebookError:  # of another secret, or damaged: verify of that gradebook reports it
            continue
        if anchor is not None and anchor.place == place and place:
            found.append(anchor)
    return found


def _read(path: Path, key: BookKey) -> Anchor | None:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GradebookError(f"{path}: the anchor cannot be read: {error.strerror}") from None
    try:
        content = json.loads(text)
        value, mac = content["anchor"], content["mac"]
        if not hmac.compare_digest(key.mac(["anchor", value]), str(mac)) or value["book"] != key.book:
            raise GradebookError(f"{path}: the anchor was changed, or is of another course secret or gradebook")
        ends = {str(name): (int(rows), str(sha256)) for name, (rows, sha256) in value["ends"].items()}
        return Anchor(value["book"], value["place"], ends, value["written_at"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise GradebookError(f"{path}: the anchor is damaged") from None


def _write(key: BookKey, anchor: Anchor) -> None:
    value = {
        "book": anchor.book,
        "place": anchor.place,
        "ends": {name: list(end) for name, end in anchor.ends.items()},
        "written_at": anchor.written_at,
    }
    text = json.dumps({"anchor": value, "mac": key.mac(["anchor", value])}, indent=1)
    path = anchor_path(key)
    try:
        write_file(path, text.encode(), private=True)
    except AutograderError as error:
        raise GradebookError(f"the gradebook's anchor, {error}; {ANCHORS_VARIABLE} names another folder") from None


@contextmanager
def _alone(key: BookKey) -> Iterator[None]:
    """Hold the lock of a gradebook's anchor, so that two graders do not undo each other's."""
    folder = anchors_folder()
    make_folder(folder)
    if sys.platform == "win32":  # graders there work one at a time
        yield
        return
    import fcntl

    try:
        descriptor = os.open(folder / f".{key.book}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise GradebookError(f"{folder}: the gradebook's anchor cannot be written there: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
