"""Grade mutants of a stage's reference like submissions: which ones no test kills, and which ones only chance kills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.course import StageFolder
from autograder.course.workspace import entry_workspace, workspace_of
from autograder.model import Outcome, Workspace
from autograder.mutation.mutants import Mutant, mutants_of
from autograder.mutation.survivors import Survivor, merged, read_survivors
from autograder.prove import seed_of
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs


@dataclass(frozen=True)
class MutationReport:
    """What became of a stage's mutants.

    Attributes:
        made: how many were graded, on the first seed.
        killed: how many some test kills.
        judged: how many survive with a verdict of a person.
        unjudged: the other survivors.
        lotteries: what is killed on some seeds only, in words.
        survivors: what ``survivors.toml`` should hold.
        problems: everything that must be looked at, in words.
    """

    stage: str
    made: int
    killed: int
    judged: int
    unjudged: tuple[Mutant, ...]
    lotteries: tuple[str, ...]
    survivors: tuple[Survivor, ...]
    problems: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """The part of ``prove --mutants --json`` for this stage."""
        return {
            "made": self.made,
            "killed": self.killed,
            "judged": self.judged,
            "unjudged": [str(mutant) for mutant in self.unjudged],
            "lotteries": list(self.lotteries),
        }


def mutate(
    stage: StageFolder,
    chosen: Sequence[Mutant],
    seeds: int,
    options: PoolOptions,
    done: Callable[[str], None] = lambda key: None,
) -> MutationReport:
    """Grade mutants of a stage's reference and say which survive.

    With more than one seed, mistakes and mutants are graded on each, and what is killed on some only is reported: a
    student would pass or fail by chance.

    Args:
        stage: whose reference.
        chosen: mutants of its reference; see :func:`choose`.
        seeds: how many.
        options: of the testers.
        done: called with the key of each thing graded.
    """
    possible = {mutant.mutant_id for mutant in mutants_of(stage.reference_files())}
    judged = read_survivors(stage.survivors_file, str(stage.survivors_file.relative_to(stage.root)))
    kills, faults = _kills(stage, chosen, seeds, options, done)
    survived = [mutant for mutant in chosen if not any(kills[f"mutant:{mutant.mutant_id}"])]
    lotteries = tuple(
        f"{key.replace(':', ' ')} is killed on {sum(ends)} of {len(ends)} seeds"
        for key, ends in kills.items()
        if len(set(ends)) > 1
    )
    unjudged = tuple(one for one in survived if one.mutant_id not in judged or not judged[one.mutant_id].judged)
    killed = {one.mutant_id for one in chosen} - {one.mutant_id for one in survived}
    gone = judged.keys() - possible
    file = stage.survivors_file.name
    return MutationReport(
        stage=stage.name,
        made=len(chosen),
        killed=len(killed),
        judged=len(survived) - len(unjudged),
        unjudged=unjudged,
        lotteries=lotteries,
        survivors=tuple(merged(judged, survived, gone | (killed & judged.keys()))),
        problems=(
            *faults,
            *(f"no test kills {mutant}" for mutant in unjudged),
            *lotteries,
            *(f"{file} has {one}, which is killed now: remove it" for one in sorted(killed & judged.keys())),
            *(f"{file} has {one}, which is no mutant of the reference any more: remove it" for one in sorted(gone)),
        ),
    )


def _kills(
    stage: StageFolder, chosen: Sequence[Mutant], seeds: int, options: PoolOptions, done: Callable[[str], None]
) -> tuple[Mapping[str, list[bool]], list[str]]:
    """By key, whether some test killed it, seed by seed; and the grader's own faults, in words.

    The test that killed it on the first seed is run first on the others: mostly one test is enough there.
    """
    workspaces = workspaces_of(stage, chosen, with_mistakes=seeds > 1)
    kills: dict[str, list[bool]] = {}
    faults: list[str] = []
    killers: dict[str, str] = {}
    for numbers in filter(None, (range(1), range(1, seeds))):
        jobs = [
            Job(f"{number} {key}", workspace, seed_of(number), hints=False, until_lost=True, first=killers.get(key, ""))
            for number in numbers
            for key, workspace in workspaces.items()
        ]
        for result in run_jobs(stage, jobs, options):
            key = result.key.partition(" ")[2]
            if result.fault:  # neither killed nor alive
                faults.append(f"{key.replace(':', ' ')}: the grader failed: {result.fault}")
            lost = [one.name for one in result.results if one.outcome is not Outcome.PASSED]
            kills.setdefault(key, []).append(bool(lost))
            killers.setdefault(key, lost[0] if lost else "")
            done(result.key)
    return dict(sorted(kills.items())), faults


def workspaces_of(stage: StageFolder, chosen: Sequence[Mutant], *, with_mistakes: bool) -> dict[str, Workspace]:
    """What is graded, by key: mutants, and a stage's mistakes where chance is looked for."""
    reference = stage.reference_files()
    found = {
        f"mutant:{mutant.mutant_id}": workspace_of(stage, {**reference, mutant.path: mutant.text}) for mutant in chosen
    }
    if with_mistakes:
        for mistake in stage.mistakes():
            found[f"mistake:{mistake.name}"] = entry_workspace(stage, mistake)
    return found
