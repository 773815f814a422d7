"""The frozen values that pass from one step of grading to the next.

Moodle zip ─intake─▶ Submission ─workspace─▶ Workspace ─sandbox─▶ outputs ─tests─▶ TestResult
─scoring─▶ Grade ─gradebook─▶ record ─report─▶ pages ─moodle─▶ worksheet and feedback zip
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import BinaryIO, Literal, Protocol, TypeAlias, get_args

from autograder.picture import Picture


class Outcome(StrEnum):
    """How one test of one submission ended: a closed set.

    The student's fault, the grader's fault and "not reached" are different words,
    so that no step can take one for another.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # an exception of the student's code
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"  # the process ended: a signal, an exit
    FORBIDDEN = "forbidden"  # it tried what the sandbox refuses, or broke the protocol
    NOT_REACHED = "not reached"  # a test that it needs did not pass
    GRADER_FAULT = "grader fault"  # ours: holds the mark, which never becomes a 0 or full marks


class FindingKind(StrEnum):
    """What a finding is about: a closed set, beside the outcomes."""

    MISSING = "missing"  # a result that was not returned, or a test that this one needs and that did not pass
    TYPE = "type"
    SHAPE = "shape"
    DTYPE = "dtype"
    FINITE = "finite"  # NaN or infinity where a number should be, or the other way round
    VALUE = "value"
    PROPERTY = "property"  # what a test's sentence states does not hold
    GRADIENT = "gradient"
    EXCEPTION = "exception"
    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"
    FORBIDDEN = "forbidden"
    FILE = "file"  # of the submission, before any test
    INPUT = "input"  # what the student's code did with its inputs
    GRADER = "grader"  # a fault of ours


BudgetKind: TypeAlias = Literal[FindingKind.TIME, FindingKind.MEMORY]
BUDGET_KINDS: frozenset[FindingKind] = frozenset(get_args(BudgetKind))
KIND_OF_OUTCOME: Mapping[Outcome, FindingKind] = MappingProxyType(
    {
        Outcome.ERROR: FindingKind.EXCEPTION,
        Outcome.TIMED_OUT: FindingKind.TIME,
        Outcome.OUT_OF_MEMORY: FindingKind.MEMORY,
        Outcome.CRASHED: FindingKind.CRASH,
        Outcome.FORBIDDEN: FindingKind.FORBIDDEN,
    }
)
"""The kind of finding that a fault of a student's process gives. Every other kind comes of a check."""
OUTCOME_OF_KIND: Mapping[FindingKind, Outcome] = MappingProxyType(
    {kind: outcome for outcome, kind in KIND_OF_OUTCOME.items()}
)


class Visibility(StrEnum):
    """Whether students may read a test."""

    PUBLIC = "public"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Place:
    """A line in a file that the student submitted."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw. ``message`` is safe to show for a hidden test; ``detail`` is not.

    Attributes:
        kind: what it is about.
        message: what was looked at, expected and got, without any hidden value.
        hint: why, when it is known.
        place: the line of the student's file, when there is one.
        detail: expected and got values, exception text; shown for public tests only.
        exception_type: name of the well-known class of exception that was raised, '' without one.
        picture: the two arrays that differ, for public tests only: a hidden test's result refuses it.
        at_import: the exception was raised while a file was imported.

    Raises:
        ValueError: the kind is none of the set, or ``exception_type`` is not an identifier.
    """

    kind: FindingKind
    message: str
    hint: str = ""
    place: Place | None = None
    detail: str = ""
    exception_type: str = ""
    picture: Picture | None = None
    at_import: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.kind, FindingKind):
            raise ValueError(f"{self.kind!r} is not a kind of finding; allowed: {', '.join(FindingKind)}")
        if self.exception_type and not self.exception_type.isidentifier():
            raise ValueError(f"{self.exception_type!r} is not the name of a class of exceptions")


@dataclass(frozen=True, slots=True)
class Usage:
    """What student code used, measured from outside its process.

    Attributes:
        device_mib: peak of the memory of a GPU; 0 where it used none.
    """

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    memory_mib: float = 0.0
    device_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """What a student's code used of a budget.

    Attributes:
        kind: time or memory.
        times: multiples of what the reference uses.
        limit: how many are allowed.
        estimated: without the reference, on the student's own machine.
    """

    kind: BudgetKind
    times: float
    limit: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class TestResult:
    """One case of one test: ``name`` is the function's, ``case`` its parameters' id or ''.

    Raises:
        ValueError: a hidden test has a picture, which would show its expected values, or a measured budget.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    name: str
    case: str
    visibility: Visibility
    sentence: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    usage: Usage = Usage()
    printed: str = ""  # program output; kept for public tests only
    budget: BudgetUse | None = None  # of public tests only

    def __post_init__(self) -> None:
        if self.visibility is Visibility.PUBLIC:
            return
        if self.budget is not None or any(finding.picture for finding in self.findings):
            raise ValueError("a hidden test may not have a picture of its values, nor a measured budget")

    @property
    def title(self) -> str:
        """``test_name[case]``, or the name alone."""
        return f"{self.name}[{self.case}]" if self.case else self.name


class FileContent(Protocol):
    """A file's bytes, wherever they are: submissions hold weights and data, too, and a class fits into no memory."""

    @property
    def size_bytes(self) -> int:
        """Their number."""
        ...

    @property
    def sha256(self) -> str:
        """Their hash, in hexadecimal; nothing is read into memory as a whole for it."""
        ...

    def open(self) -> BinaryIO:
        """Return a reader that can seek.

        Raises:
            AutograderError: the bytes are not there.
        """
        ...


@dataclass(frozen=True)
class SubmittedFile:
    """A file as the student sent it; ``path`` is relative with ``/``, never used on a file system.

    Attributes:
        content: the bytes, or where they are.
        upload: the name of the uploaded file that it was in, or that it is; hostile.
        uploaded_at: when that was uploaded, by the module's clock; None where unknown.
    """

    path: str
    content: bytes | FileContent
    upload: str = ""
    uploaded_at: datetime | None = None

    @property
    def size_bytes(self) -> int:
        """The number of its bytes, without reading them."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.size_bytes

    @property
    def sha256(self) -> str:
        """The hash of its bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest() if isinstance(self.content, bytes) else self.content.sha256

    @property
    def data(self) -> bytes:
        """All of its bytes: for source files, never for a whole submission."""
        if isinstance(self.content, bytes):
            return self.content
        with self.content.open() as stream:
            return stream.read()

    def open(self) -> BinaryIO:
        """Return a reader for it."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open()


@dataclass(frozen=True)
class Lateness:
    """When it was submitted and when it was due, both with time zones; None where unknown.

    Attributes:
        submitted_at: the last save, as Moodle says.
        due_at: the effective date: extension, else override, else the stage's.
        late_seconds: 0 when in time or when either date is unknown.
        source: which date ``due_at`` is: "extension", "override", "due date" or "".
        uncertain: why lateness cannot be known, '' where it is known; a mark that depends on it is held.
    """

    submitted_at: datetime | None = None
    due_at: datetime | None = None
    late_seconds: int = 0
    source: str = ""
    uncertain: str = ""


@dataclass(frozen=True)
class Submission:
    """What one participant (or one team) sent.

    Attributes:
        participant_id: Moodle's number in "Participant 41210"; every record is keyed on it.
        name: for people only; hostile text.
        files: after unpacking, in path order; empty when nothing was sent. Their bytes may be on disk.
        findings: what intake could not read, in words for the student.
        status: "submitted", "draft", "none" or "reopened".
    """

    participant_id: str
    name: str = ""
    files: Sequence[SubmittedFile] = ()
    lateness: Lateness = Lateness()
    findings: tuple[Finding, ...] = ()
    status: str = "submitted"

    @property
    def sha256(self) -> str:
        """Hash of paths and contents in path order; names, dates and archive layout do not count."""
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.path):
            path = file.path.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%d:" % (len(path), file.size_bytes) + path + bytes.fromhex(file.sha256))
        return digest.hexdigest()


@dataclass(frozen=True)
class Workspace:
    """The modules that the sandbox imports, path to source.

    Attributes:
        modules: released reference modules, the probes and the student's files.
        student_paths: those of ``modules`` that are the student's.
        missing: required files that are not there.
        packages: the course's own packages; nothing else may be imported under their names.
        tolerant: an exception while a file is imported costs the tests that need the file, no others;
            otherwise nothing is run.
        lazy: those of ``student_paths`` that are imported only when another file asks for them.
        resources: the student's other files within a package, by path: what ``importlib.resources`` finds there.
    """

    modules: Mapping[str, bytes]
    student_paths: frozenset[str]
    missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    tolerant: bool = False
    lazy: frozenset[str] = frozenset()
    packages: tuple[str, ...] = ("scratch", "models")
    resources: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """Points of one test: its cases share them equally."""

    name: str
    visibility: Visibility
    points: float
    out_of: float


@dataclass(frozen=True)
class Grade:
    """The mark of one submission and how it came about.

    Attributes:
        points: after lateness; tests and rubric, in the stage's points.
        out_of: the stage's points.
        held: why no mark may be sent (a grader fault, a missing rubric mark), for the staff; empty: it may.
        shown_reasons: the same in words for the student, each reason once.
        late_points: what lateness cost.
        rubric: points by criterion; None where nobody has marked yet.
        computed: what tests, rubric and lateness give, where a person set another mark; else None.
    """

    participant_id: str
    points: float
    out_of: float
    scores: tuple[Score, ...]
    held: tuple[str, ...] = ()
    late_points: float = 0.0
    late_days: int = 0
    rubric: Mapping[str, float | None] = field(default_factory=dict)
    computed: float | None = None
    shown_reasons: tuple[str, ...] = ()
