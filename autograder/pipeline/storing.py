"""A submission's files as one blob for the gradebook, and back."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from autograder.errors import GradebookError
from autograder.model import Submission, SubmittedFile

EPOCH = (1980, 1, 1, 0, 0, 0)
LARGEST_BYTES = 4 << 20  # of what a record keeps of one file: source is smaller, weights and data are not


@dataclass(frozen=True)
class OmittedContent:
    """A file of which the record has size and hash only; an :class:`autograder.model.FileContent`."""

    size_bytes: int
    sha256: str

    def open(self) -> BinaryIO:
        """Fail: there are no bytes.

        Raises:
            GradebookError: always.
        """
        raise GradebookError(
            f"a file of {self.size_bytes:,} bytes is too large for the gradebook, which has its SHA-256 only: "
            f"{self.sha256}; grade again from the download"
        )


def pack(submission: Submission) -> bytes:
    """The files in path order under numbers, their paths in an index: hostile paths never become entry names.

    Of a file above ``LARGEST_BYTES`` that is not source, the index has size and hash, and nothing more is kept.
    """
    files = sorted(submission.files, key=lambda file: file.path)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        index = [_index_entry(file) for file in files]
        archive.writestr(zipfile.ZipInfo("index.json", EPOCH), json.dumps(index))
        for number, file in enumerate(files):
            if not _is_omitted(file):
                entry = zipfile.ZipInfo(str(number), EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with file.open() as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target)
    return stream.getvalue()


def _index_entry(file: SubmittedFile) -> str | dict[str, str | int]:
    """A path alone where there is no more to say, as in the first gradebooks."""
    entry: dict[str, str | int] = {"path": file.path}
    if _is_omitted(file):
        entry |= {"size_bytes": file.size_bytes, "sha256": file.sha256}
    if file.upload:
        entry["upload"] = file.upload
    if file.uploaded_at is not None:
        entry["uploaded_at"] = file.uploaded_at.isoformat()
    return entry if len(entry) > 1 else file.path


def _file_of(entry: Any, archive: zipfile.ZipFile, number: int) -> SubmittedFile:
    if isinstance(entry, list):  # path, size and hash, as once written
        return SubmittedFile(entry[0], OmittedContent(entry[1], entry[2]))
    if isinstance(entry, str):
        return SubmittedFile(entry, archive.read(str(number)))
    omitted = "sha256" in entry
    content = OmittedContent(entry["size_bytes"], entry["sha256"]) if omitted else archive.read(str(number))
    at = entry.get("uploaded_at")
    return SubmittedFile(entry["path"], content, entry.get("upload", ""), datetime.fromisoformat(at) if at else None)


def _is_omitted(file: SubmittedFile) -> bool:
    return file.size_bytes > LARGEST_BYTES and not file.path.lower().endswith((".py", ".ipynb"))


def is_of(submission: Submission, sha256: str) -> bool:
    """Whether these are the files with this hash, which is of another form in records from before schema 2."""
    return submission.sha256 == sha256 or _first_sha256(submission) == sha256


def _first_sha256(submission: Submission) -> str:
    digest = hashlib.sha256()
    for file in sorted(submission.files, key=lambda file: file.path):
        path = file.path.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%d:" % (len(path), file.size_bytes) + path + file.data)
    return digest.hexdigest()


def unpack(participant_id: str, blob: bytes) -> Submission:
    """The submission of a blob from :func:`pack`."""
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        index = json.loads(archive.read("index.json"))
        files = tuple(_file_of(entry, archive, number) for number, entry in enumerate(index))
    return Submission(participant_id, files=files)
