"""``autograder prove``: check that a stage's tests catch known mistakes and pass correct code."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.commandline import example
from autograder.course import read_course
from autograder.prove import Proof, jobs_of, prove
from autograder.report.terminal import progress
from autograder.tester.pool import PoolOptions


@click.command("prove", epilog=example("autograder prove s04_optimisers --seeds 20", "autograder prove s04 --json"))
@click.argument("stages", nargs=-1)
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 1000), help="How many seeds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of the table.")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Testers side by side.")
@click.option("--unsafe", is_flag=True, help="Without a sandbox: the course's own code only.")
@click.pass_obj
def prove_command(
    root: Path, stages: tuple[str, ...], seeds: int, workers: int | None, *, as_json: bool, unsafe: bool
) -> int:
    """Check that the tests of STAGES (all by default) catch known mistakes.

    The reference and every variant must get full marks, every mistake must fail the tests that it exists for, and the
    starter as handed out must fail all tests.
    """
    course = read_course(root)
    default = PoolOptions()
    options = PoolOptions(workers or default.workers, course.configuration.sandbox.minimum, unsafe)
    folders = [course.stage(name) for name in stages or course.configuration.stages]
    with progress("proving") as start:
        done = start(sum(len(jobs_of(folder, seeds)) for folder in folders))
        proofs = [prove(folder, seeds, options, done) for folder in folders]
    if as_json:
        click.echo(json.dumps({"stages": {proof.stage: proof.as_json() for proof in proofs}}))
    else:
        _print(proofs)
    return 1 if any(proof.problems for proof in proofs) else 0


def _print(proofs: list[Proof]) -> None:
    console = Console()
    table = Table("stage", "tests", "mistakes caught", "variants passed", "seeds", "reference, CPU s", title="Contract")
    for proof in proofs:
        seconds = statistics.median(proof.reference_seconds)
        counts = (f"{proof.caught} / {proof.mistakes}", f"{proof.passed} / {proof.variants}")
        table.add_row(proof.stage, str(proof.tests), *counts, f"{proof.seeds_passed} / {proof.seeds}", f"{seconds:.3f}")
    console.print(table)
    for proof in proofs:
        for problem in proof.problems:
            console.print(f"[red]{escape(proof.stage)}[/]: {escape(problem)}", highlight=False, soft_wrap=True)
