"""Grade one submission in the sandbox, outside every notebook kernel: what all channels call."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import StageFolder
from autograder.course.secret import course_secret
from autograder.course.workspace import build_workspace
from autograder.model import Finding, FindingKind, Outcome, Score, Submission, SubmittedFile, TestResult
from autograder.pipeline.fingerprints import run_seed
from autograder.runner.assembly import AmbiguousSubmission
from autograder.scoring import score_tests
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs

MOST_FILES, MOST_BYTES = 2000, 64 << 20
RUN = "1"  # the label that ``autograder grade`` uses by default


@dataclass(frozen=True)
class ChannelGrade:
    """What a channel shows of a submission.

    Attributes:
        scores: by test, in the order of ``grading.yml``; empty where nothing could be run.
        held: why a person must look, for the staff; points of a held grade count for nothing.
        results: of every test case.
        findings: of the files, before any test.
        official: whether a sandbox that the policy accepts was present.
    """

    scores: Mapping[str, Score]
    held: tuple[str, ...] = ()
    results: tuple[TestResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    official: bool = True

    def points(self, test: str) -> float:
        """A plain float, never below 0, never above the test's maximum; 0 where nothing was run."""
        score = self.scores.get(test)
        return 0.0 if score is None else float(min(max(score.points, 0.0), score.out_of))


def stage_seed(stage: StageFolder) -> str:
    """The seed of everybody's first submission in the first run; it says nothing about any other stage."""
    return run_seed(course_secret(), stage.name, RUN)


def read_folder(folder: Path, left_out: Sequence[str] = (), folders_left_out: Sequence[str] = ()) -> Submission:
    """The files of one student's folder; links, devices and what is too much are left out and named.

    Args:
        folder: hostile; nothing of it is executed.
        left_out: names of files at the top that are the channel's own.
        folders_left_out: and of folders.
    """
    files: list[SubmittedFile] = []
    findings: list[Finding] = []
    total = 0
    for parent, folders, names in os.walk(folder, followlinks=False):
        own = {"__pycache__", ".ipynb_checkpoints", *(folders_left_out if Path(parent) == folder else ())}
        folders[:] = sorted(name for name in folders if name not in own)
        for name in sorted(names):
            path = Path(parent, name)
            inner = path.relative_to(folder).as_posix()
            if inner in left_out:
                continue
            if path.is_symlink() or not path.is_file():
                findings.append(Finding(FindingKind.FILE, f"{inner!a} is a link or a device; it was left out"))
                continue
            total += path.stat().st_size
            if total > MOST_BYTES or len(files) >= MOST_FILES:
                words = (
                    f"more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB; {inner!a} and what follows was left out"
                )
                findings.append(Finding(FindingKind.FILE, words))
                return Submission("", files=tuple(files), findings=tuple(findings))
            files.append(SubmittedFile(inner, path.read_bytes()))
    return Submission("", files=tuple(files), findings=tuple(findings))


def grade_outside(stage: StageFolder, submission: Submission, options: PoolOptions, seed: str) -> ChannelGrade:
    """Grade a submission as ``autograder grade`` does, without a record.

    Args:
        stage: whose tests are run.
        submission: the student's files.
        options: the least isolation that is accepted.
        seed: of :func:`stage_seed`.

    Raises:
        SandboxFault: this machine isolates less than the policy asks for.
        UsageError: the stage's own files are wrong.
    """
    try:
        workspace = build_workspace(stage, submission)
    except AmbiguousSubmission as error:
        return ChannelGrade({}, (str(error),), (), (*submission.findings, Finding(FindingKind.FILE, str(error))))
    findings = (*submission.findings, *workspace.findings)
    if set(workspace.missing) == set(stage.policy.files):
        return ChannelGrade({}, ("no file of the stage was sent",), (), findings)
    (result,) = run_jobs(stage, [Job("one", workspace, seed)], options, 1)
    if result.fault:
        return ChannelGrade({}, (result.fault,), (), findings, result.official)
    scores, held = score_tests(stage.policy, result.results)
    return ChannelGrade(
        {score.name: score for score in scores},
        tuple(hold.staff for hold in held),
        result.results,
        findings,
        result.official,
    )


def shown_lines(grade: ChannelGrade, test: str) -> list[str]:
    """What a student may read of a test: points, sentence, and the findings that are safe to show."""
    score = grade.scores.get(test)
    cases = [result for result in grade.results if result.name == test]
    if score is None or not cases:
        return ["This test was not run: a member of staff looks at it."]
    lines = [f"{score.points:g} of {score.out_of:g} points: {cases[0].sentence}"]
    for case in cases:
        if case.outcome is Outcome.PASSED:
            continue
        where = f" [{case.case}]" if case.case else ""
        lines.append(f"{case.outcome}{where}")
        for finding in case.findings:
            place = f"{finding.place}: " if finding.place else ""
            lines.append(f"  {place}{finding.message}")
            if finding.hint:
                lines.append(f"  {finding.hint}")
    return lines
