"""What a stage of PyTorch costs beside pytest: CPU seconds a submission, and how many times ours.

    python benchmarks/bench_torch.py [--sizes 40,120] [--json]

The stage (trial_stage.py) is a residual block and thirty steps of training on images of 8 × 8; a class is its
reference, variants and mistakes in turn. pytest imports torch in a fresh process for each of twelve submissions.
"Outside" is what a submission costs beside the computing of the students' own processes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rich.console import Console
from rich.table import Table

from benchmarks.bench_grading import FEW, grade_with_kit, pytest_subprocess
from benchmarks.trial_stage import write_trial_stage

SIZES = (40, 120)


def main() -> None:
    """Measure, print a table, or with --json one last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--peers", type=int, default=FEW["pytest"], help="submissions that pytest grades")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    shown = Table(
        "submissions", "CPU s each", "outside, ms", "largest process, MiB", "pytest, CPU s each", "times ours"
    )
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        stage = write_trial_stage(Path(folder) / "course")
        peer = pytest_subprocess(stage, Path(folder) / "peer", options.peers)
        for size in map(int, options.sizes.split(",")):
            measured, student = grade_with_kit(stage, Path(folder) / str(size), size, options.workers)
            each, outside = measured.cpu_seconds / size, 1000 * (measured.cpu_seconds - student) / size
            row = (f"{each:.3f}", f"{outside:.0f}", f"{measured.memory_mib:.0f}", f"{peer:.2f}", f"{peer / each:.1f}")
            shown.add_row(str(size), *row)
            figures[str(size)] = {
                "cpu_seconds": round(each, 4),
                "outside_ms": round(outside, 1),
                "cpu_ratio": round(peer / each, 2),
            }
    Console(width=120).print(shown)
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
