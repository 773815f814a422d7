"""Jobs for a tester and its results: one JSON line each."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from autograder.jsontext import read_json
from autograder.model import TestResult, Workspace


@dataclass(frozen=True)
class Job:
    """One submission to be tested.

    Attributes:
        key: repeated in the result.
        workspace: what the sandbox imports.
        seed: of the run, 32 bytes in hexadecimal.
        hints: whether outputs are compared with those of known mistakes when a test fails.
        until_lost: whether it ends with the first test that does not pass; the results then end there, too.
        only: names of tests that are run, with those that they need; the others have no result. Empty: all tests.
        first: a test that is run before all others, after those that it needs; "" for the order of the files.
        made_up: whether each test is run on made-up results in place of the submission's; see ``outputfuzz``.
    """

    key: str
    workspace: Workspace
    seed: str
    hints: bool = True
    until_lost: bool = False
    only: tuple[str, ...] = ()
    first: str = ""
    made_up: bool = False


@dataclass(frozen=True)
class JobResult:
    """What a tester found.

    Attributes:
        results: of every test case, in the order of the tests, or up to the first one lost; empty with a fault.
        fault: why the submission could not be graded; '' if it could.
        layers: the isolation layers that were present.
        official: whether they are enough for a mark.
        sandbox_seconds: CPU seconds of the student's processes.
    """

    key: str
    results: tuple[TestResult, ...]
    fault: str = ""
    layers: tuple[str, ...] = ()
    official: bool = False
    sandbox_seconds: float = 0.0


READY = JobResult("", ())  # a tester's first line, when it can take jobs
_RESULT = TypeAdapter(JobResult)


def encode_job(job: Job) -> bytes:
    """One line."""
    workspace = job.workspace
    return (
        json.dumps(
            {
                "key": job.key,
                "modules": _as_text(workspace.modules),
                "resources": _as_text(workspace.resources),
                "student_paths": sorted(workspace.student_paths),
                "missing": workspace.missing,
                "packages": workspace.packages,
                "seed": job.seed,
                "hints": job.hints,
                "until_lost": job.until_lost,
                "only": job.only,
                "first": job.first,
                "made_up": job.made_up,
            }
        ).encode()
        + b"\n"
    )


def decode_job(line: bytes) -> Job:
    """The job of a line from :func:`encode_job`."""
    fields = json.loads(line)
    workspace = Workspace(
        _as_bytes(fields["modules"]),
        frozenset(fields["student_paths"]),
        tuple(fields["missing"]),
        tolerant=True,
        packages=tuple(fields["packages"]),
        resources=_as_bytes(fields["resources"]),
    )
    rest = {name: fields[name] for name in ("seed", "hints", "until_lost", "first", "made_up")}
    return Job(fields["key"], workspace, only=tuple(fields["only"]), **rest)


def _as_text(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: base64.b64encode(data).decode() for path, data in files.items()}


def _as_bytes(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: base64.b64decode(data) for path, data in files.items()}


def encode_result(result: JobResult) -> bytes:
    """One line; text that UTF-8 cannot hold was replaced when findings were made."""
    return _RESULT.dump_json(result) + b"\n"


def decode_result(line: bytes) -> JobResult:
    """The result of a line from :func:`encode_result`.

    The tests' names and sentences, equal for every submission, are shared objects for the whole class.

    Raises:
        AutograderError: it is no such line.
    """
    result = read_json(_RESULT, line, "the line of a tester")
    intern = sys.intern
    results = (
        TestResult(
            intern(one.name), intern(one.case), one.visibility, intern(one.sentence),
            one.outcome, one.findings, one.usage, one.printed, one.budget,
        )
        for one in result.results
    )  # fmt: skip
    return replace(result, results=tuple(results))
