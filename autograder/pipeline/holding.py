"""Why a mark waits for a person: what could not be run, wholly or in part; in words for staff and for students."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from autograder.course import StageFolder
from autograder.gradebook import Record
from autograder.graded import Hold
from autograder.model import Finding, FindingKind, Outcome, Submission, TestResult
from autograder.testing.near_names import MissingName, missing_name, names_in


class WhyNotRun(StrEnum):
    """Why no test was run on what was sent; the mark is held for a person each time, and the remedy depends on it."""

    MISSING = "missing"  # none of the required files was sent
    AMBIGUOUS = "ambiguous"  # two files could be the required one
    OTHER_DOWNLOAD = "other download"  # most of the class has none of the files


LOOK = "a person must look: "
REMEDY = {
    WhyNotRun.MISSING: "ask for the file and grade again, or set the mark with autograder override",
    WhyNotRun.AMBIGUOUS: "ask which file is meant and grade again with that file alone",
    WhyNotRun.OTHER_DOWNLOAD: "check the download; then grade again, or release the marks with autograder release",
}
STUDENTS_REMEDY = {
    WhyNotRun.MISSING: "Send the file to your TA, or ask what to do.",
    WhyNotRun.AMBIGUOUS: "Write to your TA which file is meant.",
    WhyNotRun.OTHER_DOWNLOAD: "",
}
CHECKING = "We are checking what we received. You need not do anything."
IN_PART = "correct it with the student and grade again, or let the mark stand with autograder release"
ASK = "Ask your TA what to do."
NOT_RUN = frozenset(
    {Outcome.ERROR, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.CRASHED, Outcome.FORBIDDEN}
)  # outcomes of a test that has seen no result
NOT_FOUND = frozenset({"ModuleNotFoundError", "ImportError"})
NAME_NOT_THERE = NOT_FOUND | {"AttributeError"}
NO_FINDING = Finding(FindingKind.EXCEPTION, "")
NONE_INSTEAD = "None in sys.modules"  # a file has put it in the place of itself or of another module
NOT_WRITTEN = "NotImplementedError"
FEW = 3  # with fewer, most of them may well have sent the wrong file


@dataclass(frozen=True)
class NotRun:
    """A submission on which no test is run."""

    why: WhyNotRun
    finding: Finding


def reasons_to_hold(
    submission: Submission, record: Record | None, not_run: NotRun | None, missing: Sequence[str] = ()
) -> Iterator[Hold]:
    """What holds a mark, apart from tests without a result, rubric, lateness and decisions.

    Args:
        submission: what was sent.
        record: None where nothing was run.
        not_run: why nothing was run.
        missing: required files that were not sent, where others were.
    """
    if submission.status == "draft":
        yield Hold(
            "a draft: it was never submitted",
            "Your work is a draft in Moodle: it was never submitted. Press Submit assignment there, or ask your TA.",
        )
    if submission.status == "reopened":
        words = "A new attempt was opened for you in Moodle, and nothing was submitted in it yet."
        yield Hold("reopened: the new attempt has not been submitted", words)
    if record is not None and record.fault:
        yield Hold(f"grader fault: {record.fault}", "Something went wrong on our side. You need not do anything.")
    if record is not None:
        yield from _not_run_in_part_or_at_all(record.results, missing)
        yield from _in_other_letters(record.results, submission)
        yield from _not_readable(record.results)
    if not_run is not None:
        staff = f"{LOOK}{not_run.finding.message}; {REMEDY[not_run.why]}"
        remedy = STUDENTS_REMEDY[not_run.why]
        yield Hold(staff, _not_marked(not_run.finding.message, remedy) if remedy else CHECKING)
    elif submission.findings and not submission.files:
        message = submission.findings[0].message
        yield Hold(f"{LOOK}{message}", _not_marked(message, ASK))


def _not_run_in_part_or_at_all(results: Sequence[TestResult], missing: Sequence[str]) -> Iterator[Hold]:
    cause = common_cause(results)
    if cause is not None:
        what = f"{cause.message}{_where(cause)}"
        yield Hold(
            f"{LOOK}every test ended with the same fault: {what}; "
            "correct it with the student and grade again, or set the mark with autograder override",
            f"Every test ended with the same fault: {what}. {ASK}",
        )
        return
    if _no_name_was_found(results):
        what = "none of the names that the tests ask for is in the files"
        yield Hold(
            f"{LOOK}{what}; ask what was meant and grade again, or set the mark with autograder override",
            f"We could not mark your files: {what}. {ASK}",
        )
        return
    for path in missing:
        yield Hold(
            f"{LOOK}{path} was not sent, and the other files were; ask for it and grade again, "
            "or let the mark stand with autograder release",
            f"{path} is missing from what you sent, so its tests could not be run. Send it to your TA.",
        )
    for finding, tests in import_faults(results).items():
        noun = "test" if len(tests) == 1 else "tests"
        what = f"{finding.message}{_where(finding)}"
        yield Hold(
            f"{LOOK}a part could not be imported, which cost {len(tests)} {noun}: {what}; {IN_PART}",
            f"A part of your code could not be imported, so {len(tests)} {noun} could not be run: {what}. {ASK}",
        )


def common_cause(results: Sequence[TestResult]) -> Finding | None:
    """The one fault that every test ended with, where no test has seen a result; None where there is no such fault.

    A missing package or a loop at the top of a file would otherwise take all points for a reason that has nothing to
    do with the work. A part that is not written yet is no such fault, unless a file calls it when it is imported.
    """
    ran = [result for result in results if result.outcome is not Outcome.NOT_REACHED]
    if not ran or any(result.outcome not in NOT_RUN for result in ran):
        return None
    causes = {(first.kind, first.message, first.place) for result in ran for first in result.findings[:1]}
    if len(causes) != 1 or not ran[0].findings:
        return None
    cause = ran[0].findings[0]
    return None if cause.exception_type == NOT_WRITTEN and not cause.at_import else cause


def _no_name_was_found(results: Sequence[TestResult]) -> bool:
    """Whether every test ended where it asks for a name: the file is empty, another, or put None in its own place."""
    ran = [result for result in results if result.outcome is not Outcome.NOT_REACHED]
    firsts = [next(iter(result.findings), NO_FINDING) for result in ran]
    nowhere = all(finding.place is None and finding.exception_type in NAME_NOT_THERE for finding in firsts)
    return nowhere and any(
        finding.exception_type in NOT_FOUND or missing_name(finding.exception_type, finding.detail)
        for finding in firsts
    )


def _in_other_letters(results: Sequence[TestResult], submission: Submission) -> Iterator[Hold]:
    """A class or function that is there in other letters: its tests say nothing about the work."""
    sought: dict[MissingName, dict[str, None]] = {}
    for result in results:
        for finding in result.findings:
            missing = missing_name(finding.exception_type, finding.detail)
            if missing is not None and finding.place is None:  # else a line of the student's asks for it
                sought.setdefault(missing, {})[result.name] = None
    for missing, tests in sought.items():
        file_name = missing.path.rpartition("/")[2]
        files = [file for file in submission.files if file.path.rpartition("/")[2].lower() == file_name]
        found = missing.in_other_letters(name for file in files for name in sorted(names_in(file.data)))
        if found:
            what = f"{missing.path} has {found}, and the tests ask for {missing.name}"
            yield Hold(f"{LOOK}{what} (it cost {', '.join(tests)}, for instance); {IN_PART}", f"{what}. {ASK}")


def _not_readable(results: Sequence[TestResult]) -> Iterator[Hold]:
    """A file that a test reads, and cannot: a report that is a scan, say. Its points say nothing about the work."""
    found = {
        finding: result.name for result in results for finding in result.findings if finding.kind is FindingKind.FILE
    }
    for finding, test in found.items():
        yield Hold(
            f"{LOOK}{finding.message} (it cost {test}); ask for a file that can be read and grade again, or let the "
            "mark stand with autograder release",
            f"{finding.message}. {finding.hint} {ASK}".replace("  ", " "),
        )


def import_faults(results: Sequence[TestResult]) -> dict[Finding, tuple[str, ...]]:
    """Faults of importing some of the student's files, each with the tests that it cost.

    A module that is not there, or a line that runs when a file is imported, in a function that it calls, too: neither
    says anything about the rest of the work.
    """
    found: dict[Finding, dict[str, None]] = {}
    by_cause: dict[object, Finding] = {}
    for result in results:
        for finding in result.findings if result.outcome is Outcome.ERROR else ():
            is_of_student = finding.place is not None and finding.exception_type in NOT_FOUND
            is_none = finding.exception_type in NOT_FOUND and NONE_INSTEAD in finding.detail
            if finding.at_import or is_of_student or is_none:
                first = by_cause.setdefault((finding.message, finding.place), finding)
                found.setdefault(first, {})[result.name] = None
    return {finding: tuple(tests) for finding, tests in found.items()}


def _where(finding: Finding) -> str:
    return f" ({finding.place})" if finding.place is not None else ""


def _not_marked(message: str, remedy: str) -> str:
    """A message for the student as it is: it may begin with a file's name, whose letters must stay."""
    end = "" if message.endswith((".", "!", "?")) else "."
    return f"We could not mark your files: {message}{end} {remedy}"


def doubt_wrong_download(stage: StageFolder, submissions: Sequence[Submission], not_run: dict[str, NotRun]) -> None:
    """Hold every 0 for a missing file where most have none: it may be another stage's download."""
    without = [key for key, one in not_run.items() if one.why is WhyNotRun.MISSING]
    sent = sum(bool(submission.files) for submission in submissions)
    if len(without) >= FEW and 2 * len(without) > sent:
        wanted = ", ".join(stage.policy.files)
        words = f"{len(without)} of {sent} submissions have none of {wanted}: is it {stage.name}'s download?"
        for key in without:
            not_run[key] = NotRun(WhyNotRun.OTHER_DOWNLOAD, Finding(FindingKind.FILE, words))
