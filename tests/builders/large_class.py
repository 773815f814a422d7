"""A class of any size for a real stage: right and wrong code, odd files, lateness, drafts, and who sent nothing."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from autograder.course import StageFolder
from autograder.course.mistakes import apply_changes
from autograder.moodle.files.moodle_writer import Person, SentFile

FIRST = 52001
GIVEN = ["Aoife", "Séan", "Niamh", "小明", "Zoë", "محمد", "Оксана", "José", "Lê Thị", "=1+1", "Ann-Marie", "O'Brien"]
FAMILY = ["Murphy", "Ó Briain", "Nuñez", "李", "Smith, Jr.", "van der Berg", "Byrne", "Шевченко", "@Sum|A1", 'Pat "P"']
SUBMITTED = "Submitted for grading - "
# What each person of a hundred is; the rest has one to three of the stage's known mistakes.
RIGHT, STARTER, NOTHING, DRAFT = 30, 34, 40, 44
# One in nine is late, by some of these hours; one in thirty has an extension by Moodle.
HOURS_LATE = (1, 5, 23, 30, 50, 100, 200)

Files = dict[str, str]


@dataclass(frozen=True)
class SomeClass:
    """Everybody, and what they are.

    Attributes:
        kinds: participant id to ``right``, ``starter``, ``none``, ``draft``, names of mistakes or of an odd upload.
    """

    people: tuple[Person, ...]
    kinds: dict[str, str]

    def those(self, kind: str) -> list[str]:
        """Participants of a kind, in order."""
        return [key for key, value in self.kinds.items() if value == kind]


def large_class(stage: StageFolder, size: int, seed: int = 1) -> SomeClass:
    """A class that is the same each time.

    Args:
        stage: has the reference, mistakes and variants, and one required file.
        size: how many people.
        seed: another one is another class.
    """
    rng, people, kinds = random.Random(seed), [], {}
    odd = _odd(stage.policy.files[0])
    due = stage.policy.due
    for place in range(size):
        number = FIRST + place
        kind, files = _work(stage, rng)
        if place % 10 == 7 and odd:
            kind, make = odd.pop(0)
            uploads: tuple[tuple[str, bytes], ...] = make(stage.reference_files())
        else:
            uploads = (("submission.zip", zipped(files)),)
        hours = rng.choice(HOURS_LATE) if rng.random() < 1 / 9 else -rng.randint(1, 200)
        sent = due + timedelta(hours=hours)
        name = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
        person = Person(number, name, f"27{number}", f"s{number}@students.example")
        kinds[str(number)] = kind
        if kind != "none":
            extended = (
                f"Extension granted until: {moodle_date(due + timedelta(days=4))} - " if rng.random() < 1 / 30 else ""
            )
            status = f"{SUBMITTED}{extended}{_how_late(sent - due) if sent > due else ''} - "
            status = "Draft (not submitted) -  - " if kind == "draft" else status
            saved = sent.replace(tzinfo=None)
            sent_files = tuple(SentFile(path, data, saved) for path, data in uploads)
            person = replace(person, status=status, submitted=moodle_date(sent), files=sent_files)
        people.append(person)
    return SomeClass(tuple(people), kinds)


def moodle_date(moment: datetime) -> str:
    """As an English Moodle prints it."""
    return f"{moment:%A}, {moment.day} {moment:%B %Y}, {moment.hour % 12 or 12}:{moment:%M %p}"


def zipped(files: dict[str, str] | dict[str, bytes]) -> bytes:
    """A zip with these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return stream.getvalue()


def _work(stage: StageFolder, rng: random.Random) -> tuple[str, Files]:
    reference, chance = dict(stage.reference_files()), rng.randrange(100)
    if chance < RIGHT:
        variant = rng.choice([None, *stage.variants()])
        return "right", apply_changes(reference, variant.changes) if variant else reference
    if chance < STARTER:
        return "starter", dict(stage.starter_files())
    if chance < DRAFT:
        return ("none" if chance < NOTHING else "draft"), reference
    names, files = [], reference
    for mistake in rng.sample(stage.mistakes(), rng.randint(1, 3)):
        try:
            files = apply_changes(files, mistake.changes)
        except ValueError:  # two mistakes of the same lines
            continue
        names.append(mistake.name)
    return "+".join(names), files


def _odd(path: str) -> list[tuple[str, Callable[[Files], tuple[tuple[str, bytes], ...]]]]:
    """Uploads that are no plain zip, each with its name."""
    name = path.rpartition("/")[2]
    stem = name.removesuffix(".py")

    def loose(other: str) -> Callable[[Files], tuple[tuple[str, bytes], ...]]:
        return lambda files: ((other, files[path].encode()),)

    def changed(top: str, *, encoding: str = "utf-8") -> Callable[[Files], tuple[tuple[str, bytes], ...]]:
        return lambda files: (("work.zip", zipped({path: _with_line(files[path], top).encode(encoding)})),)

    def tarred(files: Files) -> tuple[tuple[str, bytes], ...]:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            entry = tarfile.TarInfo(f"work/{path}")
            entry.size = len(files[path].encode())
            archive.addfile(entry, io.BytesIO(files[path].encode()))
        return (("work.tar.gz", stream.getvalue()),)

    def much_beside(files: Files) -> tuple[tuple[str, bytes], ...]:
        rubbish = {f".venv/lib/site-packages/p{number}/m.py": b"x = 1\n" * 50 for number in range(300)}
        return (("all.zip", zipped({path: files[path].encode(), "data.bin": b"\0" * 3_000_000, **rubbish})),)

    def helper(files: Files) -> tuple[tuple[str, bytes], ...]:
        text = _with_line(files[path], "from scratch.myhelper import twice\nassert twice(1) == 2")
        return (("h.zip", zipped({path: text, "scratch/myhelper.py": "def twice(x):\n    return 2 * x\n"})),)

    return [
        ("browser's second download", loose(f"{stem} (1).py")),
        ("upper case", loose(name.upper())),
        ("text file", loose(f"{name}.txt")),
        ("tar", tarred),
        ("much beside", much_beside),
        ("helper", helper),
        ("latin-1", lambda files: ((name, f"# -*- coding: latin-1 -*-\n# é\n{files[path]}".encode("latin-1")),)),
        ("zip in zip", lambda files: (("outer.zip", zipped({"inner.zip": zipped(files)})),)),
        ("unused matplotlib", changed("import matplotlib.pyplot as plt")),
        ("syntax error", changed("def broken(:")),
        ("endless import", changed("while True:\n    pass")),
        ("notebook", lambda files: (("work.ipynb", b'{"cells": [], "nbformat": 4, "nbformat_minor": 5}'),)),
        ("PDF", lambda files: (("report.pdf", b"%PDF-1.4\n%%EOF\n"),)),
        ("damaged zip", lambda files: (("work.zip", b"PK\x03\x04 damaged"),)),
    ]


def _with_line(text: str, line: str) -> str:
    """A file with a line among its imports."""
    return text.replace("import numpy as np\n", f"import numpy as np\n{line}\n", 1)


def _how_late(late: timedelta) -> str:
    hours, minutes = divmod(late.seconds // 60, 60)
    if late.days:
        return f"{late.days} day{'s' * (late.days > 1)} {hours} hours late"
    return f"{hours} hours {minutes} mins late" if hours else f"{minutes} mins late"
