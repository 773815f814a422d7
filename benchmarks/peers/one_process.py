"""Grade many submissions with pytest in one unprotected process: ``one_process.py COURSE STAGE FOLDER RESULTS``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from autograder.course import read_course
from benchmarks.peers.commands import pytest_arguments


class Count:
    """Counts what passed."""

    def __init__(self) -> None:
        self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.when == "call" and report.passed


def main() -> None:
    """One pytest session for each submission; the modules of the last one are forgotten."""
    stage = read_course(Path(sys.argv[1])).stage(sys.argv[2])
    folder, out = Path(sys.argv[3]), Path(sys.argv[4])
    os.environ |= {"PEER_COURSE": str(stage.root), "PEER_STAGE": stage.name}
    packages = {*stage.packages, "probes"}
    results = {}
    for submission in sorted(folder.iterdir()):
        os.environ["PEER_SUBMISSION"] = str(submission)
        for name in [name for name in sys.modules if name.partition(".")[0] in packages or "test_" in name]:
            del sys.modules[name]
        count = Count()
        # The module of the plugin stays imported; only its hooks run again.
        pytest.main(pytest_arguments(stage), plugins=[count])
        results[submission.name] = count.passed
    out.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
