"""Runs a submission of the corpus and looks, from outside, at what it did to its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import SandboxFault
from autograder.model import Finding, Outcome, Visibility, Workspace
from autograder.runner.child import wire
from autograder.runner.exchange import prepare
from autograder.runner.protocol import Limits, Reply, Sandbox, Session, StudentFault, Value
from autograder.sandbox.confined import ConfinedSandbox
from autograder.tester.grading_harness import _normalised
from autograder.tester.prefetch import AnswerCache, Batch
from autograder.tester.student_process import StudentProcess
from autograder.testing.assertions import CheckFailed, assert_close
from autograder.testing.faults import fault_finding
from autograder.testing.values import Outputs, normalise, structure_finding
from tests.hostile.cases import BENIGN_LIMITS, SEVERITY, TESTS, Case, honest_workspace, make_workspace

CANARY_FOLDERS = (
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/home",
    "/root",
    "/srv",
    "/mnt",
    "/usr",
    "/",
    "/run",
    ".",
    "..",
    "../..",
)
SPARE_PRINTED_CHARACTERS = 100
MARK = "424242"  # what a submission puts into everything that it can choose; its page must not show it
KEY = ("", b"")  # each test makes one call


@dataclass(frozen=True)
class Surroundings:
    """What must stay as it is while submissions run.

    Attributes:
        secret: is in a file, in the tester's memory and in the neighbour's source.
        neighbour: an honest session that lives all the while.
        answers: its replies, as bytes.
        expected: the same, as values.
        sources: the kit's files that a process can see, and their contents.
    """

    sandbox: ConfinedSandbox
    secret: str
    neighbour: Session
    answers: bytes
    expected: tuple[Mapping[str, Value], ...]
    sources: Mapping[Path, bytes]


@dataclass
class Trial:
    """How the four tests of one submission ended, and every text that it returned."""

    outcomes: list[Outcome] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def note_fault(self, fault: StudentFault, workspace: Workspace) -> Outcome:
        self.note_finding(fault_finding(fault, workspace, Visibility.HIDDEN))
        self.texts += [text.encode("utf-8", "surrogatepass") for text in (fault.printed, fault.exception_text)]
        self.said.append(
            f"{fault.exception_type} {fault.exception_text!r:.200} {fault.reason} {fault.printed[-200:]!r}"
        )
        if fault.exception_type and not fault.exception_type.isidentifier():
            self.problems.append("the name of an exception is markup")
        return fault.outcome

    def note_finding(self, finding: Finding) -> None:
        """What the author of a submission sees of a hidden test."""
        if MARK in repr(redact(finding)):
            self.problems.append(f"the page shows a number of the submission's choice: {finding}")


def redact(finding: Finding) -> tuple[object, ...]:
    """What is left of a finding on the student's page."""
    return finding.kind, finding.message, finding.hint, finding.place, finding.exception_type


def survey(sandbox: ConfinedSandbox, secret: str) -> Surroundings:
    """Open the neighbour and remember how things are."""
    neighbour = sandbox.open(honest_workspace(secret), BENIGN_LIMITS)
    replies = [neighbour.call(probe, inputs).outputs for probe, inputs in TESTS]
    folder = Path(__file__).resolve().parents[2] / "autograder" / "runner" / "child"
    return Surroundings(
        sandbox,
        secret,
        neighbour,
        _as_bytes(replies),
        tuple(replies),
        {path: path.read_bytes() for path in folder.glob("*.py")},
    )


def count_descriptors() -> int:
    """Return how many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def _as_bytes(replies: list[Mapping[str, Value]]) -> bytes:
    return b"".join(bytes(piece) for reply in replies for piece in wire.encode(wire.OUTPUTS, 0, reply))


def grade(sandbox: Sandbox, workspace: Workspace, limits: Limits, expected: tuple[Mapping[str, Value], ...]) -> Trial:
    """Run the four tests as a tester does: all calls together, and one by one what that did not answer.

    A dead session is replaced, and costs the test that ended it.
    """
    trial = Trial()
    before = count_descriptors()
    process, answers = StudentProcess(sandbox, workspace, limits), AnswerCache()
    try:
        answers.prefetch(
            process,
            Batch(
                tuple((str(number), KEY) for number in range(len(TESTS))), prepare(TESTS), visibility=Visibility.HIDDEN
            ),
        )
        for number, ((probe, inputs), right) in enumerate(zip(TESTS, expected, strict=True)):
            answers.start_test(str(number))
            answer = answers.take(KEY)
            try:
                reply = process.call(probe, inputs) if answer is None else process.use(answer)
                trial.outcomes.append(_compare(reply, right, trial))
            except StudentFault as fault:
                trial.outcomes.append(trial.note_fault(fault, workspace))
                if len(fault.printed) > (limits.output_kib << 10) + SPARE_PRINTED_CHARACTERS:
                    trial.problems.append("more output than allowed was kept")
    except SandboxFault as error:
        trial.outcomes.append(Outcome.GRADER_FAULT)
        trial.problems.append(f"fault of the sandbox: {error}")
    finally:
        process.close()
    if count_descriptors() > before:
        trial.problems.append("descriptors of the tester were kept open")
    return trial


def _compare(reply: Reply, right: Mapping[str, Value], trial: Trial) -> Outcome:
    trial.texts += [reply.printed.encode(), _as_bytes([reply.outputs])]
    try:
        outputs = _normalised(reply)
        finding = structure_finding("", outputs, normalise(right), shapes=True)
        if finding is not None:
            raise CheckFailed(finding)
        assert_close(Outputs(outputs, "the submission"), Outputs(right, "the reference"), rtol=0.0, atol=1e-9)
    except CheckFailed as failed:
        trial.note_finding(failed.finding)
        return Outcome.FAILED
    except Exception as error:
        trial.problems.append(f"a value of the submission made a check raise: {error!r}")
        return Outcome.GRADER_FAULT
    return Outcome.PASSED


def judge_hostile(case: Case, around: Surroundings) -> list[str]:
    """Return everything that is wrong about how a hostile submission was handled; nothing if it was contained."""
    trial = grade(around.sandbox, make_workspace(case.source, case.files), case.limits, around.expected)
    problems = list(trial.problems)
    worst = max(trial.outcomes, key=SEVERITY.index)
    if worst not in case.expect:
        problems.append(f"ended as {worst}, declared {', '.join(case.expect)}; it said {'; '.join(trial.said)}")
    if (points := trial.outcomes.count(Outcome.PASSED)) > case.points:
        problems.append(f"passed {points} tests, its honest part is {case.points}")
    if any(around.secret.encode() in text or b"LEAKED" in text for text in trial.texts):
        problems.append("something leaked")
    return problems + look_around(around)


def judge_benign(case: Case, around: Surroundings) -> list[str]:
    """Return why a benign submission did not get full marks; nothing if it did."""
    trial = grade(around.sandbox, make_workspace(case.source, case.files), BENIGN_LIMITS, around.expected)
    if trial.outcomes != [Outcome.PASSED] * len(TESTS):
        return [*trial.problems, f"ended as {', '.join(trial.outcomes)}; it said {'; '.join(trial.said)}"]
    return trial.problems


def look_around(around: Surroundings) -> list[str]:
    """Return what has changed that must not."""
    left = [path for folder in CANARY_FOLDERS for path in Path(folder).glob("autograder-canary*")]
    problems = [f"left a file behind: {path}" for path in left]
    living = _descendants(around.sandbox.fork_server_id)
    if len(living) > 2:  # the fork server (a child of the process that was started, in namespaces) and the neighbour
        problems.append(f"left processes behind: {living}")
    replies = [around.neighbour.call(probe, inputs).outputs for probe, inputs in TESTS]
    if _as_bytes(replies) != around.answers:
        problems.append("the neighbour's answers changed")
    fresh = grade(around.sandbox, honest_workspace(around.secret), BENIGN_LIMITS, around.expected)
    if fresh.outcomes != [Outcome.PASSED] * len(TESTS):
        problems.append(f"the next honest submission ended as {fresh.outcomes}")
    if any(path.read_bytes() != data for path, data in around.sources.items()):
        problems.append("a file of the kit was changed")
    return problems


def _descendants(process_id: int) -> list[int]:
    found = []
    pending = [process_id]
    while pending:
        number = pending.pop()
        try:
            children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()
        except OSError:  # it ended just now
            continue
        found += [int(child) for child in children]
        pending += [int(child) for child in children]
    return found
