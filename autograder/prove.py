"""The contract of a stage: wrong code loses marks, right code does not, for every seed.

The reference, the starter, every known mistake and every other correct implementation are graded
like submissions, in the same sandbox, by the same tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from autograder.course import StageFolder
from autograder.course.kills import Kills, differences
from autograder.course.mistakes import Mistake
from autograder.course.workspace import entry_workspace, workspace_of
from autograder.model import Finding, Outcome, TestResult
from autograder.tester.endings import MAY_BE
from autograder.tester.jobs import Job, JobResult
from autograder.tester.pool import PoolOptions, run_jobs

MADE_UP = "made-up results:"


@dataclass(frozen=True)
class HintMatrix:
    """By name, the mistakes whose author reads their own hint, only those of others, or none.

    Two mistakes with the same hint count as one.
    """

    own: tuple[str, ...] = ()
    another: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """What was found for one stage. ``problems`` is empty where the contract holds.

    Attributes:
        killed, mistakes: how many mistakes are killed by every test that they exist for, of how many.
        survivors: names of the others.
        passed, variants: how many other correct implementations get full marks, of how many.
        failed: names of those that do not.
        seeds_passed, seeds: for how many seeds the reference gets full marks, of how many.
        tests: how many tests the stage has.
        unkilling: hidden tests that kill no mistake.
        kills: by mistake, the tests that it does not pass; None where the grader failed on one of them.
        problems: every way in which the contract does not hold, in words.
        reference_seconds: CPU seconds of the reference's processes, each seed.
        hints: whose hint each mistake gets.
    """

    stage: str
    killed: int
    mistakes: int
    survivors: tuple[str, ...]
    passed: int
    variants: int
    failed: tuple[str, ...]
    seeds_passed: int
    seeds: int
    tests: int
    unkilling: tuple[str, ...]
    kills: Kills | None
    problems: tuple[str, ...] = ()
    reference_seconds: tuple[float, ...] = field(default=())
    hints: HintMatrix = field(default_factory=HintMatrix)

    def as_json(self) -> dict[str, object]:
        """The part of ``prove --json`` for this stage; ``caught`` is the key that programs know for ``killed``."""
        return {
            "mistakes": {"caught": self.killed, "total": self.mistakes, "survivors": list(self.survivors)},
            "variants": {"passed": self.passed, "total": self.variants, "failed": list(self.failed)},
            "seeds": {"passed": self.seeds_passed, "total": self.seeds},
            "tests": self.tests,
            "tests_without_mistake": list(self.unkilling),
            "hints": {"own": len(self.hints.own), "another": list(self.hints.another), "none": list(self.hints.none)},
        }


def seed_of(number: int) -> str:
    """The run seed of a proof: any will do, the same each time."""
    return hashlib.sha256(b"proof %d" % number).hexdigest()


def jobs_of(stage: StageFolder, seeds: int, *, brief: bool = False) -> list[Job]:
    """Everything that a proof grades; the key says what it is.

    Args:
        stage: whose contract.
        seeds: how many seeds the reference is graded with.
        brief: whether a mistake is graded only with the tests of :func:`named_tests`, and without hints.

    Raises:
        ValueError: a change of a mistake or variant does not fit the reference; ``check_mistakes`` names each with its
            line.
    """
    reference = stage.reference_files()
    first = seed_of(0)
    jobs = [Job(f"seed:{number}", workspace_of(stage, reference), seed_of(number)) for number in range(seeds)]
    jobs.append(Job("starter:", workspace_of(stage, stage.starter_files(), {}), first, hints=False))
    jobs.append(Job(MADE_UP, workspace_of(stage, reference), first, hints=False, made_up=True))
    only = named_tests(stage) if brief else {}
    jobs += [
        Job(
            f"mistake:{mistake.name}",
            entry_workspace(stage, mistake),
            first,
            hints=not brief,
            only=only.get(mistake.name, ()),
        )
        for mistake in stage.mistakes()
    ]
    for variant in stage.variants():
        jobs.append(Job(f"variant:{variant.name}", entry_workspace(stage, variant), first, hints=False))
    # One seed after another, so that the reference's results are kept while a seed lasts.
    return sorted(jobs, key=lambda job: job.seed != first)


def named_tests(stage: StageFolder) -> dict[str, tuple[str, ...]]:
    """By mistake, the tests that it exists for.

    A hidden test that no mistake exists for is added to one that it kills by ``kills.json``, so that all hidden tests
    are run on wrong code.
    """
    kills = stage.kills() or {}
    found = {mistake.name: [*mistake.catches] for mistake in stage.mistakes()}
    for test in sorted({*stage.policy.tests.hidden} - {test for tests in found.values() for test in tests}):
        killed = next((name for name in found if test in kills.get(name, ())), None)
        if killed is not None:
            found[killed].append(test)
    return {name: tuple(tests) for name, tests in found.items()}


def prove(
    stage: StageFolder,
    seeds: int,
    options: PoolOptions,
    done: Callable[[str], None] = lambda key: None,
    *,
    compare: bool = True,
    brief: bool = False,
) -> Proof:
    """Grade everything that the contract speaks of and say where it does not hold.

    Args:
        stage: whose contract.
        seeds: how many seeds the reference is graded with.
        options: of the testers.
        done: called with the key of each thing graded.
        compare: whether a difference from ``kills.json`` is a problem; not where the file is about to be written.
        brief: whether a mistake is graded only with the tests that it exists for, and without hints: what a stage of
            PyTorch can prove in minutes. Neither the matrix of ``kills.json`` nor hints are known then.
    """
    results: dict[str, JobResult] = {}
    for result in run_jobs(stage, jobs_of(stage, seeds, brief=brief), options):
        results[result.key] = result
        done(result.key)
    problems = [
        f"{_in_words(key)}: the grader failed: {result.fault}"
        for key, result in results.items()
        if result.fault and not key.startswith("mistake:")  # reported with the survivors
    ]
    problems += _reference_problems(results, seeds)
    problems += _starter_problems(results["starter:"].results, has_resources=bool(stage.policy.resources))
    problems += [
        f"{one.title} raises on {one.findings[0].message}; a test must pass or fail on any result"
        for one in _lost(results[MADE_UP].results)
    ]
    ends = {mistake: _end_of(results[f"mistake:{mistake.name}"]) for mistake in stage.mistakes()}
    survivors = _survivors(ends, problems)
    failed = _failed_variants(stage, results, problems)
    killing = {test for end in ends.values() for test in end.failed}
    unkilling = tuple(sorted(set(stage.policy.tests.hidden) - killing))
    problems += [f"{name} kills no mistake: every hidden test must kill at least one" for name in unkilling]
    kills = None if brief else _kills(ends)
    if kills is not None and compare:
        problems += differences(stage.kills(), kills, stage.name)
    right = [number for number in range(seeds) if not _lost(results[f"seed:{number}"].results)]
    return Proof(
        stage=stage.name,
        killed=len(ends) - len(survivors),
        mistakes=len(ends),
        survivors=survivors,
        passed=len(stage.variants()) - len(failed),
        variants=len(stage.variants()),
        failed=failed,
        seeds_passed=len(right),
        seeds=seeds,
        tests=len(stage.policy.test_points),
        unkilling=unkilling,
        kills=kills,
        problems=tuple(problems),
        reference_seconds=tuple(results[f"seed:{number}"].sandbox_seconds for number in range(seeds)),
        hints=_hint_matrix(stage.mistakes(), results),
    )


def _hint_matrix(mistakes: Iterable[Mistake], results: Mapping[str, JobResult]) -> HintMatrix:
    mistakes = tuple(mistakes)
    known = {mistake.hint for mistake in mistakes}
    found: dict[str, list[str]] = {"own": [], "another": [], "none": []}
    for mistake in mistakes:
        ended = results[f"mistake:{mistake.name}"].results
        hints = {finding.hint.removeprefix(MAY_BE) for result in ended for finding in result.findings} & known
        found["own" if mistake.hint in hints else "another" if hints else "none"].append(mistake.name)
    return HintMatrix(*(tuple(found[whose]) for whose in ("own", "another", "none")))


def _in_words(key: str) -> str:
    """``seed:0`` as ``reference, seed 0``; ``mistake:x`` as ``mistake x``."""
    kind, _, name = key.partition(":")
    return f"reference, seed {name}" if kind == "seed" else f"{kind} {name}".rstrip()


def _lost(results: Iterable[TestResult]) -> list[TestResult]:
    return [result for result in results if result.outcome is not Outcome.PASSED]


def _describe(results: Iterable[TestResult]) -> str:
    def one(result: TestResult) -> str:
        why = "; ".join(f"{finding.message} {finding.detail}".strip() for finding in result.findings)
        return f"{result.title} {result.outcome} ({why})"

    return " | ".join(map(one, results))


def _reference_problems(results: dict[str, JobResult], seeds: int) -> list[str]:
    lost = ((number, _lost(results[f"seed:{number}"].results)) for number in range(seeds))
    return [f"reference, seed {number}: {_describe(some)}" for number, some in lost if some]


def _starter_problems(results: tuple[TestResult, ...], *, has_resources: bool) -> list[str]:
    """The starter gets 0 points, and every finding names NotImplementedError or an earlier test.

    Where files beside Python are submitted, the starter has none of them: then any finding will do.
    """
    problems = []
    for result in results:
        if result.outcome is Outcome.PASSED:
            problems.append(f"the starter passes {result.name}[{result.case}]: it must get 0 points")
        elif result.outcome is Outcome.NOT_REACHED or has_resources:
            continue
        elif not any(map(_names_stub, result.findings)):
            problems.append(f"the starter fails with something other than NotImplementedError: {_describe([result])}")
    return problems


def _names_stub(finding: Finding) -> bool:
    return finding.exception_type == NotImplementedError.__name__


@dataclass(frozen=True)
class _End:
    """How the tests ended for one mistake.

    Attributes:
        lost: names of the tests that it did not pass.
        failed: names of those that it failed; the others were not reached.
        faults: the grader's own, in words.
    """

    lost: frozenset[str]
    failed: frozenset[str]
    faults: tuple[str, ...]


def _end_of(graded: JobResult) -> _End:
    lost = _lost(graded.results)
    faults = [_describe([result]) for result in lost if result.outcome is Outcome.GRADER_FAULT]
    return _End(
        frozenset(result.name for result in lost),
        frozenset(result.name for result in lost if result.outcome is not Outcome.NOT_REACHED),
        (*([graded.fault] if graded.fault else []), *faults),
    )


def _survivors(ends: Mapping[Mistake, _End], problems: list[str]) -> tuple[str, ...]:
    """Names of the mistakes that some test that they exist for does not kill."""
    survivors = []
    for mistake, end in ends.items():
        missed = [test for test in mistake.catches if test not in end.failed]
        if missed or end.faults:
            survivors.append(mistake.name)
        for test in missed:
            if test in end.lost:
                problems.append(f"mistake {mistake.name}: {test} was not reached: a test that it needs failed")
            elif end.lost:
                others = ", ".join(sorted(end.lost))
                problems.append(f"mistake {mistake.name} survives {test}; these kill it: {others}")
            else:
                problems.append(f"mistake {mistake.name} survives {test} and every other test that was run")
        problems += [f"mistake {mistake.name}: the grader failed: {fault}" for fault in end.faults]
    return tuple(survivors)


def _failed_variants(stage: StageFolder, results: Mapping[str, JobResult], problems: list[str]) -> tuple[str, ...]:
    """Names of the correct implementations that do not get full marks."""
    failed = []
    for variant in stage.variants():
        graded = results[f"variant:{variant.name}"]
        lost = _lost(graded.results)
        if lost:
            problems.append(f"variant {variant.name} is correct and does not get full marks: {_describe(lost)}")
        if lost or graded.fault:
            failed.append(variant.name)
    return tuple(failed)


def _kills(ends: Mapping[Mistake, _End]) -> Kills | None:
    if any(end.faults for end in ends.values()):
        return None
    return {mistake.name: tuple(sorted(end.lost)) for mistake, end in ends.items()}
