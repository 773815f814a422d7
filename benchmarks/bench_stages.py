"""What each stage costs at several sizes of a class, beside pytest: CPU seconds a submission, and how many times ours.

    python benchmarks/bench_stages.py [--stages s05_training,…] [--sizes 10,25,60,200] [--json]

Classes and tools are those of bench_grading.py: pytest runs in a fresh process for each of twelve submissions, without
any wall, limit, hint, page or record, and measures no budget. A small class pays for the start of a run: the last
column is the CPU seconds that do not depend on the class, by the straight line through the smallest and the largest.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rich.console import Console
from rich.table import Table

from autograder.course import StageFolder, read_course
from autograder.runner.runtimes import NUMPY
from benchmarks.bench_grading import FEW, ROOT, grade_with_kit, pytest_subprocess

SIZES = (10, 25, 60, 200)


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a stage: of whole runs, by the size of the class, and of pytest for one submission."""

    stage: str
    runs: Mapping[int, float]
    pytest_seconds: float

    def ratio(self, size: int) -> float:
        """How many times ours pytest costs."""
        return self.pytest_seconds * size / self.runs[size]

    @property
    def fixed_seconds(self) -> float:
        """What does not depend on the class."""
        small, large = min(self.runs), max(self.runs)
        if small == large:
            return 0.0
        slope = (self.runs[large] - self.runs[small]) / (large - small)
        return self.runs[small] - slope * small


def measure_stage(stage: StageFolder, sizes: Sequence[int], workers: int) -> Cost:
    """Grade a class of each size, and a few submissions with pytest."""
    runs: dict[int, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            runs[size] = grade_with_kit(stage, Path(folder), size, workers)[0].cpu_seconds
    work = Path(tempfile.mkdtemp())
    try:
        return Cost(stage.name, runs, pytest_subprocess(stage, work, FEW["pytest"]))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def table(costs: Sequence[Cost], sizes: Sequence[int]) -> Table:
    """A row for each stage: CPU seconds a submission and the ratio at each size."""
    shown = Table("stage", *(f"{size}: CPU s each, times" for size in sizes), "pytest", "fixed")
    for cost in costs:
        cells = [f"{cost.runs[size] / size:.3f} {cost.ratio(size):5.1f}" for size in sizes]
        shown.add_row(cost.stage, *cells, f"{cost.pytest_seconds:.2f}", f"{cost.fixed_seconds:.1f}")
    return shown


def main() -> None:
    """Measure, print a table, or with --json one last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", default="", help="all that need numpy only by default")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    course, sizes = read_course(ROOT), [int(size) for size in options.sizes.split(",")]
    names = [name for name in options.stages.split(",") if name] or [
        name for name in course.configuration.stages if course.stage(name).runtime == NUMPY
    ]
    costs = []
    for name in names:
        costs.append(measure_stage(course.stage(name), sizes, options.workers))
        print(f"{name}: {', '.join(f'{size}: {costs[-1].ratio(size):.1f}' for size in sizes)}", file=sys.stderr)
    Console(width=120).print(table(costs, sizes))
    if options.json:
        rounded = {
            cost.stage: {
                "cpu_seconds": {str(size): round(seconds, 2) for size, seconds in cost.runs.items()},
                "pytest_seconds": round(cost.pytest_seconds, 3),
                "cpu_ratio": {str(size): round(cost.ratio(size), 2) for size in sizes},
                "fixed_seconds": round(cost.fixed_seconds, 2),
            }
            for cost in costs
        }
        print(json.dumps(rounded))


if __name__ == "__main__":
    main()
