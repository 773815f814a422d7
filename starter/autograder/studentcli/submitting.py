"""The zip to upload: the stage's files and nothing else, the same bytes on every machine."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError
from autograder.model import Finding, Submission, SubmittedFile, Visibility
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import StudentFault
from autograder.studentcli.public_course import PublicCourse, PublicStage
from autograder.testing.faults import fault_finding
from autograder.testing.local import LIMITS, local_workspace

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
LARGEST_BYTES = 5 << 20  # source text is never so long; an array pasted into it may be


class RefusedError(UsageError):
    """The files cannot be submitted as they are; the words say why and what to do."""


@dataclass(frozen=True)
class Package:
    """The zip that was written, and what is in it."""

    path: Path
    submission: Submission
    warnings: tuple[str, ...] = ()

    @staticmethod
    def digest_of(file: SubmittedFile) -> str:
        """SHA-256 of one file, in hex."""
        return file.sha256


def starter_digest(data: bytes) -> str:
    """The hash by which an untouched file is known, whatever line ends the system gave it."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def make_package(course: PublicCourse, stage: PublicStage, folder: Path) -> Package:
    """Check the stage's files and write ``<stage>_submission.zip`` into ``folder``.

    Raises:
        RefusedError: a file is missing or unreadable, all are still as handed out, or one does not import.
    """
    files = tuple(SubmittedFile(path, _read(course.root, path)) for path in sorted(stage.files))
    for file in files:
        _check_text(file)
    warnings = _untouched(stage, files)
    _check_imports(course, stage)
    path = folder / f"{stage.name}_submission.zip"
    path.write_bytes(zip_bytes(files))
    return Package(path, Submission("", files=files), warnings)


def _read(root: Path, path: str) -> bytes:
    try:
        data = (root / path).read_bytes()
    except FileNotFoundError:
        raise RefusedError(f"{path} is missing: this stage needs it, at {root / path}") from None
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST_BYTES:
        raise RefusedError(f"{path} has {len(data) >> 20} MiB; code is never so large: is there data in it?")
    return data


def _check_text(file: SubmittedFile) -> None:
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        raise RefusedError(f"{file.path}, line {line}: this is not UTF-8: save the file as UTF-8") from None
    try:
        if file.path.endswith(".ipynb"):
            json.loads(text)
        else:
            compile(text, file.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise RefusedError(f"{file.path}, line {error.lineno}: {error.msg}: Python cannot read this file") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise RefusedError(f"{file.path} cannot be read: {error}") from None


def _untouched(stage: PublicStage, files: tuple[SubmittedFile, ...]) -> tuple[str, ...]:
    same = [file.path for file in files if stage.starter_sha256.get(file.path) == starter_digest(file.data)]
    if same and len(same) == len(files):
        raise RefusedError(f"{', '.join(same)}: still as handed out, there is nothing to submit yet")
    return tuple(f"{path} is still as handed out" for path in same)


def _check_imports(course: PublicCourse, stage: PublicStage) -> None:
    workspace = local_workspace(course.root, course.root / stage.name)
    sandbox = PlainSandbox()
    try:
        sandbox.open(workspace, LIMITS)
    except StudentFault as fault:
        raise RefusedError(_words(fault_finding(fault, workspace, Visibility.PUBLIC))) from None
    finally:
        sandbox.close()


def _words(finding: Finding) -> str:
    where = f"{finding.place}: " if finding.place else ""
    return f"{where}your files cannot be imported: {finding.detail or finding.message}"


def zip_bytes(files: tuple[SubmittedFile, ...]) -> bytes:
    """A zip that depends on paths and contents only: stored, since deflate differs from machine to machine."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(files, key=lambda file: file.path):
            entry = zipfile.ZipInfo(file.path, EPOCH)
            entry.create_system = 3  # Unix, so that Windows writes the same
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, file.data)
    return stream.getvalue()
