"""The contract of a stage: wrong code loses marks, right code does not, for every seed.

The reference, the starter, every known mistake and every other correct implementation are graded
like submissions, in the same sandbox, by the same tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from autograder.course import StageFolder
from autograder.course.mistakes import apply_changes
from autograder.course.workspace import workspace_of
from autograder.model import Finding, Outcome, TestResult
from autograder.tester.jobs import Job, JobResult
from autograder.tester.pool import PoolOptions, run_jobs


@dataclass(frozen=True)
class Proof:
    """What was found for one stage. ``problems`` is empty where the contract holds.

    Attributes:
        caught, mistakes: how many mistakes lose marks on exactly the tests they name, of how many.
        survivors: names of those that do not.
        passed, variants: how many other correct implementations get full marks, of how many.
        failed: names of those that do not.
        seeds_passed, seeds: for how many seeds the reference gets full marks, of how many.
        tests: how many tests the stage has.
        unbitten: hidden tests that no mistake fails.
        problems: every way in which the contract does not hold, in words.
        reference_seconds: CPU seconds of the reference's processes, each seed.
    """

    stage: str
    caught: int
    mistakes: int
    survivors: tuple[str, ...]
    passed: int
    variants: int
    failed: tuple[str, ...]
    seeds_passed: int
    seeds: int
    tests: int
    unbitten: tuple[str, ...]
    problems: tuple[str, ...] = ()
    reference_seconds: tuple[float, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """The part of ``prove --json`` for this stage."""
        return {
            "mistakes": {"caught": self.caught, "total": self.mistakes, "survivors": list(self.survivors)},
            "variants": {"passed": self.passed, "total": self.variants, "failed": list(self.failed)},
            "seeds": {"passed": self.seeds_passed, "total": self.seeds},
            "tests": self.tests,
            "tests_without_mistake": list(self.unbitten),
        }


def seed_of(number: int) -> str:
    """The run seed of a proof: any will do, the same each time."""
    return hashlib.sha256(b"proof %d" % number).hexdigest()


def jobs_of(stage: StageFolder, seeds: int) -> list[Job]:
    """Everything that a proof grades; the key says what it is.

    Raises:
        ValueError: a change of a mistake or variant does not fit the reference.
    """
    reference = stage.reference_files()
    first = seed_of(0)
    jobs = [Job(f"seed:{number}", workspace_of(stage, reference), seed_of(number)) for number in range(seeds)]
    jobs.append(Job("starter:", workspace_of(stage, stage.starter_files()), first, hints=False))
    for mistake in stage.mistakes():
        workspace = workspace_of(stage, _changed(stage, mistake.name, reference, mistake.changes))
        jobs.append(Job(f"mistake:{mistake.name}", workspace, first, hints=False))
    for variant in stage.variants():
        workspace = workspace_of(stage, _changed(stage, variant.name, reference, variant.changes))
        jobs.append(Job(f"variant:{variant.name}", workspace, first, hints=False))
    # One seed after another, so that the reference's results are kept while a seed lasts.
    return sorted(jobs, key=lambda job: job.seed != first)


def _changed(stage: StageFolder, name: str, files: dict[str, str], changes: tuple[object, ...]) -> dict[str, str]:
    try:
        return apply_changes(files, changes)  # type: ignore[arg-type]  # a stage's own file; checked by its proof
    except ValueError as error:
        raise ValueError(f"{stage.name}: {name}: {error}") from None


def prove(
    stage: StageFolder, seeds: int, options: PoolOptions, done: Callable[[str], None] = lambda key: None
) -> Proof:
    """Grade everything that the contract speaks of and say where it does not hold."""
    results: dict[str, JobResult] = {}
    for result in run_jobs(stage, jobs_of(stage, seeds), options):
        results[result.key] = result
        done(result.key)
    problems = [f"{key}: {result.fault}" for key, result in results.items() if result.fault]
    problems += _reference_problems(results, seeds)
    problems += _starter_problems(results["starter:"].results)
    survivors, bitten = _mistake_problems(stage, results, problems)
    failed = []
    for variant in stage.variants():
        lost = _lost(results[f"variant:{variant.name}"].results)
        if lost or results[f"variant:{variant.name}"].fault:
            failed.append(variant.name)
            problems.append(f"variant {variant.name} loses marks: {_describe(lost)}")
    unbitten = tuple(sorted(set(stage.policy.tests.hidden) - bitten))
    problems += [f"{name}: no mistake fails it" for name in unbitten]
    right = [number for number in range(seeds) if not _lost(results[f"seed:{number}"].results)]
    return Proof(
        stage=stage.name,
        caught=len(stage.mistakes()) - len(survivors),
        mistakes=len(stage.mistakes()),
        survivors=tuple(survivors),
        passed=len(stage.variants()) - len(failed),
        variants=len(stage.variants()),
        failed=tuple(failed),
        seeds_passed=len(right),
        seeds=seeds,
        tests=len(stage.policy.test_points),
        unbitten=unbitten,
        problems=tuple(problems),
        reference_seconds=tuple(results[f"seed:{number}"].sandbox_seconds for number in range(seeds)),
    )


def _lost(results: Iterable[TestResult]) -> list[TestResult]:
    return [result for result in results if result.outcome is not Outcome.PASSED]


def _describe(results: Iterable[TestResult]) -> str:
    def one(result: TestResult) -> str:
        why = "; ".join(f"{finding.message} {finding.detail}".strip() for finding in result.findings)
        return f"{result.title} {result.outcome} ({why})"

    return " | ".join(map(one, results)) or "no results"


def _reference_problems(results: dict[str, JobResult], seeds: int) -> list[str]:
    lost = ((number, _lost(results[f"seed:{number}"].results)) for number in range(seeds))
    return [f"reference, seed {number}: {_describe(some)}" for number, some in lost if some]


def _starter_problems(results: tuple[TestResult, ...]) -> list[str]:
    """The starter earns nought, and every finding names NotImplementedError or an earlier test."""
    problems = []
    for result in results:
        if result.outcome is Outcome.PASSED:
            problems.append(f"starter passes {result.name}[{result.case}]")
        elif result.outcome is not Outcome.NOT_REACHED and not any(map(_names_stub, result.findings)):
            problems.append(f"starter: not NotImplementedError: {_describe([result])}")
    return problems


def _names_stub(finding: Finding) -> bool:
    return finding.exception_type == NotImplementedError.__name__


def _mistake_problems(
    stage: StageFolder, results: dict[str, JobResult], problems: list[str]
) -> tuple[list[str], set[str]]:
    """Names of the mistakes that are not caught as they say, and the tests that were failed."""
    survivors: list[str] = []
    bitten: set[str] = set()
    for mistake in stage.mistakes():
        graded = results[f"mistake:{mistake.name}"]
        lost = _lost(graded.results)
        names = {result.name for result in lost}
        bitten |= names
        faults = [result for result in lost if result.outcome is Outcome.GRADER_FAULT]
        if not names or names != set(mistake.tests) or faults or graded.fault:
            survivors.append(mistake.name)
            missed, extra = sorted(set(mistake.tests) - names), sorted(names - set(mistake.tests))
            problems.append(f"mistake {mistake.name}: passes {missed}, fails besides {extra}; {_describe(faults)}")
    return survivors, bitten
