"""Grade a class with this kit and with its peers: CPU seconds a submission, as ratios.

    python benchmarks/bench_grading.py [--submissions N] [--stage S] [--peers pytest,nbgrader,otter] [--json]

The class is the reference, the correct variants and the known mistakes of a stage, in turn. Each tool
runs the same tests on the same files. CPU is that of the whole process tree as the operating system
accounts it; ratios are the peer's CPU a submission over ours, so more is better for us. Peers that are
slow grade fewer submissions; ``nbgrader`` and ``otter`` are skipped where they are not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from autograder.course import StageFolder, read_course
from autograder.course.mistakes import apply_changes
from autograder.gradebook import open_gradebook
from benchmarks.peers import notebooks
from benchmarks.peers.commands import pytest_arguments

ROOT = Path(__file__).parents[1]
FEW = {"pytest": 12, "pytest_inprocess": 40, "nbgrader": 6, "otter": 4}  # submissions for each round of a peer
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """CPU and wall seconds of one command, all its processes counted, the largest one's memory, and the exit code."""

    cpu_seconds: float
    wall_seconds: float
    memory_mib: float
    exit_code: int


def measure(command: list[str], environment: dict[str, str] | None = None, cwd: Path = ROOT) -> Measured:
    """Run a command to its end; its output is dropped.

    Raises:
        RuntimeError: it failed to grade (exit code above 1).
    """
    # compiled modules are kept, as on everybody's machine: else each start would compile the kit again
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, env={**kept, **(environment or {})}, cwd=cwd, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            errors.seek(0)
            raise RuntimeError(f"{command[:4]}: exit code {process.returncode}: {errors.read()[-2000:].decode()}")
    wall = time.perf_counter() - start
    return Measured(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, process.returncode)


def write_class(stage: StageFolder, folder: Path, count: int, *, whole: bool) -> None:
    """Submissions ``1000``, ``1001``, …; with ``whole`` also the released modules and the probes.

    What only a budget kills is left out: the peers have none.
    """
    reference = stage.reference_files()
    kinds = [reference]
    budgets = {*stage.policy.budgets, *stage.policy.memory_budgets}
    mistakes = [mistake for mistake in stage.mistakes() if {*mistake.killed_by} - budgets]
    for variant, mistake in zip(stage.variants() * 9, mistakes, strict=False):
        kinds += [reference, apply_changes(reference, variant.changes), apply_changes(reference, mistake.changes)]
    for number in range(count):
        files = dict(kinds[number % len(kinds)])
        if whole:
            files |= stage.given_files()
        for path, text in files.items():
            target = folder / f"{number + 1000}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def grade_with_kit(stage: StageFolder, work: Path, count: int, workers: int) -> tuple[Measured, float]:
    """The whole command on a folder of submissions; also the CPU seconds of the students' processes."""
    folder, out = work / "class", work / "out"
    write_class(stage, folder, count, whole=False)
    command = [
        sys.executable,
        "-m",
        "autograder",
        "--course",
        str(stage.root),
        "grade",
        stage.name,
        str(folder),
        "--out",
        str(out),
        "--workers",
        str(workers),
    ]
    secret = "the secret of the benchmark, long enough"
    measured = measure(command, {"AUTOGRADER_SECRET": secret, "AUTOGRADER_ANCHORS": str(work / "anchors")})
    book = open_gradebook(f"sqlite:///{out}/gradebook.db")
    records = book.records()
    book.close()
    if len(records) != count:
        raise RuntimeError(f"{len(records)} records of {count} submissions")
    return measured, sum(result.usage.cpu_seconds for record in records for result in record.results)


def pytest_subprocess(stage: StageFolder, work: Path, count: int) -> float:
    """CPU seconds a submission: a fresh pytest for each."""
    write_class(stage, work, count, whole=True)
    spent, passed = 0.0, {}
    for submission in sorted(work.iterdir()):
        environment = {
            "PEER_COURSE": str(stage.root),
            "PEER_STAGE": stage.name,
            "PYTHONPATH": str(ROOT),
            "PEER_SUBMISSION": str(submission),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        session = measure([sys.executable, "-m", "pytest", *pytest_arguments(stage)], environment)
        spent += session.cpu_seconds
        passed[submission.name] = float(session.exit_code == 0)
    check_scores("pytest", passed, count)
    return spent / count


def pytest_in_one_process(stage: StageFolder, work: Path, count: int) -> float:
    """CPU seconds a submission: all of them in one unprotected process."""
    write_class(stage, work / "class", count, whole=True)
    command = [
        sys.executable,
        "-m",
        "benchmarks.peers.one_process",
        str(stage.root),
        stage.name,
        str(work / "class"),
        str(work / "out.json"),
    ]
    spent = measure(command, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)})
    check_scores("pytest in one process", json.loads((work / "out.json").read_bytes()), count)
    return spent.cpu_seconds / count


def with_nbgrader(stage: StageFolder, work: Path, count: int) -> float:
    """CPU seconds a submission of ``nbgrader autograde``, one command for all."""
    write_class(stage, work / "class", count, whole=True)
    notebooks.prepare_nbgrader(stage, work / "class", work / "course")
    command = [sys.executable, "-m", "nbgrader", "autograde", "stage", "--force"]
    spent = measure(command, notebooks.environment(stage), work / "course")
    check_scores("nbgrader", notebooks.nbgrader_scores(work / "course"), count)
    return spent.cpu_seconds / count


def with_otter(stage: StageFolder, work: Path, count: int) -> float:
    """CPU seconds a submission of ``otter run``, one command each."""
    write_class(stage, work / "class", count, whole=True)
    commands = notebooks.prepare_otter(stage, work / "class", work / "course")
    spent = sum(measure(command, notebooks.environment(stage), folder).cpu_seconds for command, folder in commands)
    check_scores("otter", notebooks.otter_scores(work / "course"), count)
    return spent / count


def check_scores(peer: str, scores: dict[str, float], count: int) -> None:
    """Make sure that a peer graded: the reference and the variant have the most points, the mistake fewer.

    Raises:
        RuntimeError: it did not, so its time would mean nothing.
    """
    best = max(scores.values(), default=0.0)
    right = [scores.get(f"{number + 1000}") for number in range(min(count, 3))]
    wrong = scores.get("1003", -1.0) if count > 3 else -1.0
    if len(scores) != count or best == 0 or right != [best] * len(right) or wrong >= best:
        raise RuntimeError(f"{peer} did not grade as it should: {scores}")


PEERS: dict[str, Callable[[StageFolder, Path, int], float]] = {
    "pytest": pytest_subprocess,
    "pytest_inprocess": pytest_in_one_process,
    "nbgrader": with_nbgrader,
    "otter": with_otter,
}


def main() -> None:
    """Measure, print a table, or with --json one last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--stage", default="s04_optimisers")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    stage = read_course(ROOT).stage(options.stage)
    wanted = [name for name in options.peers.split(",") if name and notebooks.is_installed(name)]
    ours: list[float] = []
    spent: dict[str, list[float]] = {name: [] for name in wanted}
    rows: list[tuple[Measured, float]] = []
    for number in range(options.rounds):  # in turn, so that a change of the machine's speed hits all alike
        with tempfile.TemporaryDirectory() as folder:
            rows.append(grade_with_kit(stage, Path(folder), options.submissions, options.workers))
        ours.append(rows[-1][0].cpu_seconds / options.submissions)
        print(f"round {number + 1}: autograder {ours[-1]:.4f} CPU s a submission", file=sys.stderr)
        for name in wanted:
            work = Path(tempfile.mkdtemp())
            spent[name].append(PEERS[name](stage, work, min(FEW[name], options.submissions)))
            shutil.rmtree(work, ignore_errors=True)
            print(f"round {number + 1}: {name} {spent[name][-1]:.4f} CPU s a submission", file=sys.stderr)
    report(options.submissions, ours, spent, rows, as_json=options.json)


def report(
    count: int, ours: list[float], spent: dict[str, list[float]], rows: list[tuple[Measured, float]], *, as_json: bool
) -> None:
    """Medians over the rounds; ratios are taken round by round."""
    ratios = {
        name: statistics.median(peer / own for peer, own in zip(values, ours, strict=True))
        for name, values in spent.items()
    }
    per_second = statistics.median(count / measured.wall_seconds for measured, _ in rows)
    outside = statistics.median(1 - student / measured.cpu_seconds for measured, student in rows)
    memory = max(measured.memory_mib for measured, _ in rows)
    print(f"{count} submissions: {per_second:.1f} a second, {statistics.median(ours):.4f} CPU s each, "
          f"{100 * outside:.0f} % outside student code, largest process {memory:.0f} MiB")  # fmt: skip
    for name, ratio in ratios.items():
        print(f"{name:18} {statistics.median(spent[name]):8.3f} CPU s a submission, {ratio:7.1f} times ours")
    if as_json:
        rounded = {name: round(ratio, 2) for name, ratio in ratios.items()}
        figures = {
            "cpu_ratio": rounded,
            "submissions_per_second": round(per_second, 2),
            "outside_student_share": round(outside, 3),
        }
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
