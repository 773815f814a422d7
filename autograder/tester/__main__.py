"""``python -m autograder.tester OPTIONS``: reads jobs from standard input, writes results, one JSON line each."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from autograder.course import StageFolder, read_course
from autograder.course.mistakes import Mistake
from autograder.course.models import LimitsPolicy, StagePolicy
from autograder.course.textfiles import read_python
from autograder.course.workspace import entry_workspace, reference_workspace
from autograder.errors import ConfigurationError, ConfigurationFault, SandboxFault
from autograder.model import BudgetKind, FindingKind, Outcome
from autograder.runner.protocol import TIMES_REFERENCE, Limits, Sandbox, StudentFault
from autograder.runner.runtimes import DeviceName
from autograder.sandbox.select import choose
from autograder.tester.cases import Case
from autograder.tester.coursefaults import reported
from autograder.tester.grading_harness import GradingHarness
from autograder.tester.hints import Hints
from autograder.tester.jobs import READY, Job, JobResult, decode_job, encode_result
from autograder.tester.reference import Reference
from autograder.tester.shared_cache import SharedCache
from autograder.tester.student_process import StudentProcess
from autograder.tester.suite import Suite, collect_and_serve, suite_files


def sandbox_limits(policy: LimitsPolicy) -> Limits:
    """The stage's limits in the form of the sandbox."""
    return Limits(
        cpu_seconds=policy.cpu_seconds,
        wall_seconds=policy.wall_seconds,
        memory_mib=policy.memory_mib,
        processes=policy.processes,
        output_kib=policy.output_kib,
        files=policy.files,
        submission_seconds=policy.submission_seconds,
        device_mib=policy.device_mib,
    )


def budgets_of(policy: StagePolicy) -> dict[str, dict[BudgetKind, float]]:
    """The budgets of each test, as multiples of what the reference needs."""
    found: dict[str, dict[BudgetKind, float]] = {}
    for test, times in policy.budgets.items():
        found.setdefault(test, {})[FindingKind.TIME] = times
    for test, times in policy.memory_budgets.items():
        found.setdefault(test, {})[FindingKind.MEMORY] = times
    return found


def read_jobs(source: BinaryIO) -> Iterator[Job]:
    """Jobs until standard input is closed."""
    for line in source:
        yield decode_job(line)


def is_alive(process: StudentProcess) -> bool:
    """Whether the sandbox can still open the process; a fault of the student's shows that it can."""
    try:
        process.session()
    except StudentFault:
        return True
    except SandboxFault:
        return False
    finally:
        process.close()
    return True


def _import_reference(process: StudentProcess, stage: StageFolder) -> float:
    """CPU seconds that importing the reference takes, in the sandbox as for a submission.

    Raises:
        ConfigurationError: it raises.
    """
    try:
        return process.session().import_usage.cpu_seconds
    except StudentFault as fault:
        what = f"{fault.exception_type}: {fault.exception_text}" if fault.exception_type else fault.reason
        place = f"solutions/{fault.path or stage.policy.files[0]}"
        allowed = "a reference that the sandbox can import"
        raise ConfigurationError([ConfigurationFault(place, fault.line or 1, "(import)", what, allowed)]) from None


def serve_jobs(
    stage: StageFolder, sandbox: Sandbox, jobs: Iterator[Job], out: BinaryIO, cache: SharedCache | None = None
) -> list[str]:
    """Collect the stage's tests once, write that all is ready, and run them for every job.

    Returns the problems of the collection.

    Args:
        stage: whose tests.
        sandbox: in which the student's code runs.
        jobs: read one by one.
        out: receives one line per job.
        cache: shared with the other testers of the run.

    Raises:
        ConfigurationError: the probes or the reference cannot be imported.
    """
    limits = sandbox_limits(stage.limits)
    for file in stage.policy.files:
        read_python(stage.course.solutions / file, f"solutions/{file}")
    workspace = reference_workspace(stage)
    reference_process = StudentProcess(sandbox, workspace, limits)
    processes = [reference_process]
    with reported(stage.probes, stage.root):
        if stage.runtime.reference_in_sandbox and stage.policy.device is DeviceName.CPU:
            # every import must succeed, and all calls of a run together may take longer than a submission
            strict, endless = replace(workspace, tolerant=False), replace(limits, submission_seconds=math.inf)
            processes.append(StudentProcess(sandbox, strict, endless))
            reference = Reference(stage, processes[-1], cache)
        else:
            reference = Reference(stage)
            for file in stage.policy.files:
                if file.endswith(".py"):
                    import_module(file.removesuffix(".py").replace("/", "."))
    import_seconds = max(_import_reference(process, stage) for process in reversed(processes))
    limits = replace(limits, import_cpu_seconds=TIMES_REFERENCE * import_seconds)
    harness = GradingHarness(reference, reference_process)

    def process_of(mistake: Mistake) -> StudentProcess:
        return StudentProcess(sandbox, entry_workspace(stage, mistake), limits)

    hints = Hints(stage.mistakes(), process_of, cache)

    def serve(cases: Sequence[Case]) -> None:
        out.write(encode_result(READY))
        out.flush()
        suite = Suite(cases, harness, hints, budgets_of(stage.policy))
        seed = ""
        for job in jobs:
            if job.seed != seed:
                reference.clear()
                seed = job.seed
            process = StudentProcess(sandbox, job.workspace, limits)
            try:
                results = tuple(suite.run(job, process))
            finally:
                process.close()
            if any(result.outcome is Outcome.GRADER_FAULT for result in results) and not is_alive(process):
                # The pool gives the job to a new tester if this one ends without a result.
                raise SandboxFault("the sandbox has ended")
            spent = sum(result.usage.cpu_seconds for result in results)
            layers = tuple(layer.name for layer in sandbox.layers if layer.present)
            out.write(encode_result(JobResult(job.key, results, "", layers, sandbox.official, spent)))
            out.flush()

    try:
        return collect_and_serve(suite_files(stage), harness, serve)
    finally:
        for process in processes:
            process.close()


def main() -> int:
    """Serve jobs for the stage named in the JSON of the first argument."""
    options = json.loads(sys.argv[1])
    # Results go to a descriptor of their own, so that no printed line can be mistaken for one.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    cache = SharedCache(options["cache"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    stage = read_course(Path(options["course"]), check=False).stage(options["stage"])
    sandbox = choose(stage.runtime, options["minimum"], unsafe=options["unsafe"], device=stage.policy.device)
    try:
        problems = serve_jobs(stage, sandbox, read_jobs(sys.stdin.buffer), out, cache)
    except ConfigurationError as error:
        problems = list(map(str, error.faults))
    finally:
        sandbox.close()
    if problems:
        out.write(encode_result(JobResult("", (), "\n".join(problems))))
    out.flush()
    return 3 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
