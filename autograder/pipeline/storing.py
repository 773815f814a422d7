"""A submission's files as one blob for the gradebook, and back."""

from __future__ import annotations

import io
import json
import zipfile

from autograder.model import Submission, SubmittedFile

EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(submission: Submission) -> bytes:
    """The files in path order under numbers, their paths in an index: hostile paths never become entry names."""
    files = sorted(submission.files, key=lambda file: file.path)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("index.json", EPOCH), json.dumps([file.path for file in files]))
        for number, file in enumerate(files):
            archive.writestr(zipfile.ZipInfo(str(number), EPOCH), file.data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def unpack(participant_id: str, blob: bytes) -> Submission:
    """The submission of a blob from :func:`pack`."""
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        paths = json.loads(archive.read("index.json"))
        files = tuple(SubmittedFile(path, archive.read(str(number))) for number, path in enumerate(paths))
    return Submission(participant_id, files=files)
