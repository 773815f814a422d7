"""The zip to upload: the stage's files and nothing else, the same bytes on every machine."""

from __future__ import annotations

import io
import json
import tokenize
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.errors import UsageError
from autograder.model import Finding, Submission, SubmittedFile, Visibility
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import StudentFault
from autograder.studentcli.markedcells import marked_cells, read_notebooks
from autograder.studentcli.notes import packing_notes, version_notes
from autograder.studentcli.writtencells import answer_notes, packed_answers
from autograder.testing.faults import fault_finding
from autograder.testing.local import HomeStage, home_stage
from autograder.testing.packing import starter_digest
from autograder.testing.public_course import PublicCourse, PublicStage

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


def make_package(course: PublicCourse, stage: PublicStage, folder: Path, notebook: Path | None = None) -> Package:
    """Pack the stage's files with what they import, open the zip as grading does, and write it into ``folder``.

    Args:
        course: the bundle.
        stage: what is packed.
        folder: where the zip is written.
        notebook: the one whose marked cells count as files; by default those beside the work.

    Raises:
        UsageError: a file is missing or unreadable, all are still as handed out, one cannot be imported when graded,
            or a notebook's cell and a file differ.
    """
    notebooks = read_notebooks(course, stage, notebook)
    answers = packed_answers(stage.name, notebooks)
    cells = marked_cells(course, stage, notebooks, is_named=notebook is not None and not answers)
    home = home_stage(course.root, stage.name, cells.files)
    if home.packed.missing:
        lines = [f"{path} is missing: this stage needs it, at {course.root / path}" for path in home.packed.missing]
        raise RefusedError("\n".join(lines))
    for file in home.packed.files:
        if file.path.endswith((".py", ".ipynb")):
            _check_text(file)
    warnings = [
        *cells.notes,
        *answer_notes(stage.name, [file for file in home.packed.files if file.path in stage.files], answers),
        *_untouched(stage, home.packed.files),
        *packing_notes(home),
        *version_notes(course, stage, home.packed.files),
    ]
    warnings += _check_imports(home)
    path = folder / f"{stage.name}_submission.zip"
    files = (*home.packed.files, *answers)
    path.write_bytes(zip_bytes(files))
    return Package(path, Submission("", files=files), tuple(warnings))


def _check_text(file: SubmittedFile) -> None:
    if len(file.data) > LARGEST_BYTES:
        size = len(file.data) >> 20
        raise RefusedError(f"{file.path} has {size} MiB; code is never so large: is there data in it?")
    try:
        if file.path.endswith(".ipynb"):
            json.loads(file.data.decode("utf-8-sig"))
        elif (undecodable := _first_undecodable(file.data)) is not None:
            raise _not_utf8(file, undecodable)
        else:
            compile(file.data, file.path, "exec", dont_inherit=True)
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error.start) from None
    except SyntaxError as error:
        where = f"{file.path}, line {error.lineno}" if error.lineno else file.path
        raise RefusedError(f"{where}: {error.msg}: Python cannot read this file") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise RefusedError(f"{file.path} cannot be read: {error}") from None


def _first_undecodable(data: bytes) -> int | None:
    """Where a file's bytes are not of the encoding that it declares, UTF-8 without a declaration; None if they are."""
    try:
        data.decode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except UnicodeDecodeError as error:
        return error.start
    except (SyntaxError, LookupError):  # the declaration itself, or its line, cannot be read
        return _first_not_utf8(data)
    return None


def _first_not_utf8(data: bytes) -> int | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _not_utf8(file: SubmittedFile, start: int) -> RefusedError:
    line = file.data.count(b"\n", 0, start) + 1
    return RefusedError(f"{file.path}, line {line}: this is not UTF-8: save the file as UTF-8")


def _untouched(stage: PublicStage, files: tuple[SubmittedFile, ...]) -> tuple[str, ...]:
    same = [file.path for file in files if stage.starter_sha256.get(file.path) == starter_digest(file.data)]
    if same and set(same) == set(stage.files):
        raise RefusedError(f"{', '.join(same)}: still as handed out, there is nothing to submit yet")
    return tuple(f"{path} is still as handed out" for path in same)


def _check_imports(home: HomeStage) -> list[str]:
    """Import the packed files, as grading does; returns what could not be seen because of another stage's file.

    Raises:
        RefusedError: one of them cannot be imported.
    """
    sandbox = PlainSandbox(home.stage.packages)
    try:
        sandbox.open(replace(home.workspace, tolerant=False), home.stage.limits)
    except StudentFault as fault:
        finding = home.explain(fault_finding(fault, home.workspace, Visibility.PUBLIC))
        if finding.place is None or finding.place.path not in home.others:
            raise RefusedError(_words(finding)) from None
        # when graded, that file is ours
        return [
            f"{finding.place}: {finding.detail or finding.message}: so your files were not imported. {finding.hint}"
        ]
    finally:
        sandbox.close()
    return []


def _words(finding: Finding) -> str:
    where = f"{finding.place}: " if finding.place else ""
    hint = f"\n{finding.hint}" if finding.hint else ""
    return f"{where}your files cannot be imported: {finding.detail or finding.message}{hint}\nNo zip was written."


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
