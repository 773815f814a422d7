"""``autograder prove``: show that a stage's tests kill every known mistake and pass what is right."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from autograder.cli.completion import stage_names
from autograder.commandline import counted, example
from autograder.course import StageFolder, read_course
from autograder.course.kills import kills_text
from autograder.course.mistake_faults import require_mistakes
from autograder.errors import UsageError
from autograder.mutation.mutants import choose, mutants_of
from autograder.mutation.run import MutationReport, mutate, workspaces_of
from autograder.mutation.survivors import survivors_text
from autograder.outputfiles import write_file
from autograder.prove import Proof, jobs_of, prove
from autograder.report.terminal import compact_table, progress
from autograder.tester.pool import PoolOptions

CONTRACT_WORDS = "killed: mistakes; passed: variants; hints: mistakes with their own hint; CPU s: of the reference"


@click.command(
    "prove",
    epilog=example(
        "autograder prove s04_optimisers --update",
        "autograder prove s11 --brief --seeds 1",
        "autograder prove s04 --json",
        "autograder prove s04 --mutants 100 --seeds 20",
    ),
)
@click.argument("stages", nargs=-1, shell_complete=stage_names)
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 1000), help="Number of seeds.")
@click.option(
    "--mutants",
    type=click.IntRange(1, 100_000),
    default=None,
    help="In place of the contract: this many small changes of the reference a stage, made by machine.",
)
@click.option(
    "--update",
    is_flag=True,
    help="Write kills.json: the tests that kill each mistake. With --mutants: survivors.toml, which a person judges.",
)
@click.option(
    "--brief",
    is_flag=True,
    help="Grade a mistake only with the tests that it exists for, without hints; kills.json is not compared.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of the table.")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Testers side by side.")
@click.option("--unsafe", is_flag=True, help="Allow running without a sandbox; only the course's own code is run.")
@click.pass_obj
def prove_command(
    root: Path,
    stages: tuple[str, ...],
    seeds: int,
    mutants: int | None,
    workers: int | None,
    *,
    update: bool,
    brief: bool,
    as_json: bool,
    unsafe: bool,
) -> int:
    """Check that the tests of STAGES (all by default) kill known mistakes.

    The reference and every variant must get full marks, every mistake must fail the tests that it exists for, and the
    starter as handed out must fail all tests. No test may raise on made-up results. The tests that kill each mistake
    must be those of the stage's kills.json.

    With --mutants, small changes of the reference are graded, and with more than one seed the known mistakes too. Each
    must be killed on every seed, or survive on every seed and be judged in the stage's survivors.toml.
    """
    if brief and (update or mutants is not None):
        raise UsageError("--brief goes neither with --update nor with --mutants: without them it is the contract only")
    course = read_course(root)
    default = PoolOptions()
    options = PoolOptions(workers or default.workers, course.configuration.sandbox.minimum, unsafe)
    folders = [course.stage(name) for name in stages or course.configuration.stages]
    require_mistakes(folders)
    if mutants is not None:
        return _mutate(folders, mutants, seeds, options, update=update, as_json=as_json)
    with progress("proving") as start:
        done = start(sum(len(jobs_of(folder, seeds, brief=brief)) for folder in folders))
        proofs = [prove(folder, seeds, options, done, compare=not update, brief=brief) for folder in folders]
    if as_json:
        click.echo(json.dumps({"stages": {proof.stage: proof.as_json() for proof in proofs}}))
    else:
        _print(proofs, with_hints=not brief)
    if update:
        for folder, proof in zip(folders, proofs, strict=True):
            click.echo(_write_kills(folder, proof), err=True)
    return 1 if any(proof.problems for proof in proofs) else 0


def _mutate(
    folders: list[StageFolder], count: int, seeds: int, options: PoolOptions, *, update: bool, as_json: bool
) -> int:
    chosen = {folder.name: choose(mutants_of(folder.reference_files()), count) for folder in folders}
    with progress("grading mutants") as start:
        done = start(sum(seeds * len(workspaces_of(one, chosen[one.name], with_mistakes=seeds > 1)) for one in folders))
        reports = [mutate(folder, chosen[folder.name], seeds, options, done) for folder in folders]
    if as_json:
        click.echo(json.dumps({"stages": {report.stage: report.as_json() for report in reports}}))
    else:
        _print_mutants(reports)
    if update:
        for folder, report in zip(folders, reports, strict=True):
            write_file(folder.survivors_file, survivors_text(report.survivors).encode())
            entries = counted(len(report.survivors), "entry", "entries")
            click.echo(f"{folder.survivors_file.relative_to(folder.root)}: {entries}", err=True)
    return 1 if any(report.problems for report in reports) else 0


def _print_mutants(reports: list[MutationReport]) -> None:
    console = Console()
    table = compact_table("Mutants", "stage", "mutants", "killed", "judged", "unjudged", "by chance")
    for report in reports:
        counts = (report.made, report.killed, report.judged, len(report.unjudged), len(report.lotteries))
        table.add_row(report.stage, *map(str, counts))
    console.print(table)
    for report in reports:
        for problem in report.problems:
            console.print(f"[red]{escape(report.stage)}[/]: {escape(problem)}", highlight=False, soft_wrap=True)


def _write_kills(folder: StageFolder, proof: Proof) -> str:
    """Write ``kills.json``; returns what was done, in words."""
    shown = folder.kills_file.relative_to(folder.root)
    if proof.kills is None:
        return f"{shown}: not written, because the grader failed on a mistake"
    before = folder.kills() or {}
    rows = sum(before.get(name) != proof.kills.get(name) for name in {*before, *proof.kills})
    write_file(folder.kills_file, kills_text(proof.kills).encode())
    return f"{shown}: {rows} of {counted(len(proof.kills), 'mistake')} changed" if rows else f"{shown}: as it was"


def _print(proofs: list[Proof], *, with_hints: bool) -> None:
    console = Console()
    table = compact_table("Contract", "stage", "tests", "killed", "passed", "hints", "seeds", "CPU s")
    for proof in proofs:
        seconds = statistics.median(proof.reference_seconds)
        counts = (f"{proof.killed}/{proof.mistakes}", f"{proof.passed}/{proof.variants}")
        hints = f"{len(proof.hints.own)}/{proof.mistakes}" if with_hints else "–"
        table.add_row(
            proof.stage, str(proof.tests), *counts, hints, f"{proof.seeds_passed}/{proof.seeds}", f"{seconds:.3f}"
        )
    console.print(table)
    console.print(CONTRACT_WORDS, style="dim", highlight=False)
    for proof in proofs:
        for whose, names in (("another mistake's hint", proof.hints.another), ("no hint", proof.hints.none)):
            if names and with_hints:
                console.print(
                    f"{proof.stage}: {whose}: {', '.join(names)}", highlight=False, markup=False, soft_wrap=True
                )
        for problem in proof.problems:
            console.print(f"[red]{escape(proof.stage)}[/]: {escape(problem)}", highlight=False, soft_wrap=True)
