"""What differs between this machine and the grader, said before anything is submitted."""

from __future__ import annotations

import ast
import io
import sys
import token
import tokenize
from importlib.metadata import PackageNotFoundError, version

from autograder.model import SubmittedFile
from autograder.testing.local import HomeStage
from autograder.testing.packing import RELEASED, starter_digest
from autograder.testing.public_course import PublicCourse, PublicStage


def packing_notes(home: HomeStage) -> list[str]:
    """Which files grading replaces, does not have, or does not receive."""
    stage = home.stage.name
    notes = [
        f"{foreign.place}: {foreign.path} belongs to {foreign.stage}; it is not there when {stage} is graded"
        for foreign in home.packed.foreign
    ]
    for path, (owner, whose) in home.others.items():
        if whose == "yours":
            notes.append(f"{path} belongs to {owner}: here your file is used; when {stage} is graded, ours is used")
        elif whose != RELEASED:
            notes.append(f"{path} belongs to {owner}: here a stand-in is used; when graded, our complete file is used")
    for path, digest in home.course.library_sha256.items():
        data = home.workspace.modules.get(path)
        if data is not None and starter_digest(data) != digest:
            notes.append(f"{path} was changed: when your code is graded, the course's own file is used")
    notes += [f"{path} is not packed: no file of this stage imports it" for path in home.packed.left_out]
    return notes


def version_notes(course: PublicCourse, stage: PublicStage, files: tuple[SubmittedFile, ...] = ()) -> list[str]:
    """Where Python or a package has another version than the grader's, and syntax that the grader's cannot read."""
    notes = []
    wanted = course.grader.get("python", "")
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted and wanted != own:
        notes.append(f"this is Python {own}; your code is graded with Python {wanted}")
        notes += [note for file in files if file.path.endswith(".py") for note in _newer_syntax(file, wanted)]
    for name in stage.packages:
        expected = course.grader.get(name, "")
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if expected and not f"{found}.".startswith(f"{expected}."):
            notes.append(f"{name} {found} is installed; your code is graded with {name} {expected}")
    return notes


def _newer_syntax(file: SubmittedFile, wanted: str) -> list[str]:
    major, _, minor = wanted.partition(".")
    try:
        ast.parse(file.data, feature_version=(int(major), int(minor)))
    except SyntaxError as error:
        return [f"{file.path}, line {error.lineno}: Python {wanted} cannot read this: {error.msg}"]
    except (ValueError, RecursionError, MemoryError):  # refused anyway
        return []
    line = newer_fstring_line(file.data) if (int(major), int(minor)) < (3, 12) else 0
    return [f"{file.path}, line {line}: Python {wanted} cannot read this f-string"] if line else []


def newer_fstring_line(source: bytes) -> int:
    """The first line with an f-string that only Python 3.12 or newer reads (PEP 701), 0 without one.

    Older ones end an f-string at its own quotes wherever they are, and allow neither a backslash nor a comment in the
    braces. Only a Python that reads such an f-string is asked, so its own tokens can be used.
    """
    outer: list[str] = []
    try:
        for item in tokenize.tokenize(io.BytesIO(source).readline):
            kind = token.tok_name[item.type]
            is_string = kind in ("STRING", "FSTRING_START")
            quote = item.string.lstrip("rRbBfFuU")[:3] if is_string else ""
            quote = quote if quote in ('"""', "'''") else quote[:1]
            if outer and is_string and quote[0] == outer[-1][0] and len(quote) >= len(outer[-1]):
                return item.start[0]
            if outer and ((kind == "STRING" and "\\" in item.string) or kind == "COMMENT"):
                return item.start[0]
            if kind == "FSTRING_START":
                outer.append(quote)
            elif kind == "FSTRING_END":
                outer.pop()
    except (tokenize.TokenError, SyntaxError, IndexError):  # refused anyway
        return 0
    return 0
