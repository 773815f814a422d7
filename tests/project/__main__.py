"""Grade the model projects, the bad ones and the hostile ones, and say how many were judged as they should be.

    python -m tests.project [--only WORD]

The exit code is 1 if one was not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.course import StageFolder, read_course
from autograder.course.workspace import entry_workspace, reference_workspace, workspace_of
from autograder.model import Outcome
from autograder.prove import seed_of
from autograder.tester.jobs import Job, JobResult
from autograder.tester.pool import PoolOptions, run_jobs
from tests.project.hostile import CANARY, HOSTILE

STAGE = "individual_project"


def projects(stage: StageFolder) -> Iterator[tuple[Job, frozenset[str] | None]]:
    """Each project with the tests that it must lose; None: it must lose none."""
    yield Job("model: vision", reference_workspace(stage), seed_of(0), hints=False), None
    for variant in stage.variants():
        if variant.folder:
            yield Job(f"model: {variant.name}", entry_workspace(stage, variant), seed_of(0), hints=False), None
    for mistake in stage.mistakes():
        job = Job(f"bad: {mistake.name}", entry_workspace(stage, mistake), seed_of(0), hints=False)
        yield job, frozenset(mistake.catches)
    code, resources = stage.reference_files(), stage.reference_resources()
    for hostile in HOSTILE:
        files = hostile.change({path: text.encode() for path, text in code.items()} | resources)
        own_code = {path: files[path].decode() for path in code}
        workspace = workspace_of(stage, own_code, {path: data for path, data in files.items() if path not in code})
        yield Job(f"hostile: {hostile.name}", workspace, seed_of(0), hints=False), frozenset(hostile.loses)


def judged(result: JobResult, loses: frozenset[str] | None) -> str:
    """What is wrong with the result; "" where it is as it should be."""
    if result.fault:
        return f"the grader failed: {result.fault}"
    faults = [one.name for one in result.results if one.outcome is Outcome.GRADER_FAULT]
    if faults:
        return f"the grader failed in {', '.join(faults)}"
    lost = {one.name for one in result.results if one.outcome is not Outcome.PASSED}
    if loses is None:
        return f"it lost {', '.join(sorted(lost))}" if lost else ""
    return f"it passed {', '.join(sorted(loses - lost))}" if loses - lost else ""


def main() -> int:
    """Print a table and one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="projects with this word in their names")
    word = parser.parse_args().only
    stage = read_course(Path.cwd()).stage(STAGE)
    wanted = {job.key: (job, loses) for job, loses in projects(stage) if word in job.key}
    Path(CANARY).unlink(missing_ok=True)
    found: dict[str, str] = {}
    results = run_jobs(stage, (job for job, _ in wanted.values()), PoolOptions())
    for result in track(results, "judging", total=len(wanted), console=Console(stderr=True)):
        found[result.key] = judged(result, wanted[result.key][1])
    if Path(CANARY).exists():
        found["hostile: weights that are a pickle"] = "its program ran outside the sandbox"
    table = Table(title="Projects", title_justify="left")
    for column in ("project", "judged"):
        table.add_column(column, overflow="fold")
    for key in wanted:
        table.add_row(key, found[key] or "as it should be")
    console = Console()
    console.print(table)
    right = sum(not problem for problem in found.values())
    console.print(f"projects judged {right} / {len(wanted)}", highlight=False)
    return 0 if right == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
