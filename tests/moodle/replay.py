"""Replay all recordings of a running Moodle: ``python -m tests.moodle.replay``.

The last line says how many of them the kit and its test double reproduce.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tests.moodle.more_recordings import is_replayed, recorded
from tests.moodle.recorded import experiments
from tests.moodle.recorded_tables import table_names
from tests.moodle.recordings import VARIABLE, recordings_folder
from tests.moodle.ws_recordings import exchanges

_TESTS = Path(__file__).parent


def main() -> int:
    """Run the replaying tests, and count recordings: one is reproduced when no test of it fails."""
    folder = recordings_folder()
    if not folder.is_dir():
        print(f"skipped: there are no recordings here; {VARIABLE} names their folder")
        return 0
    files = [
        _TESTS / "test_recorded_uploads.py",
        _TESTS / "test_recorded_exchanges.py",
        _TESTS / "test_recorded_downloads.py",
        _TESTS / "test_more_exchanges.py",
        _TESTS / "test_recorded_tables.py",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        arguments = ["-q", "-n", "0", f"--junitxml={report}", *map(str, files)]
        try:
            import xdist  # noqa: F401 - only to know whether -n is understood
        except ImportError:
            arguments.remove("-n")
            arguments.remove("0")
        subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False, cwd=_TESTS.parents[1])
        passed, failed = _cases(report)
    wanted = {one.name for one in experiments()} | {name for name, _ in exchanges(folder)} | downloads(folder)
    more = {name for name, one in recorded().items() if is_replayed(name, one)}
    wanted |= more | set(table_names("attendance")) | set(table_names("gradebook"))
    reproduced = sorted(name for name in wanted if name in passed and name not in failed)
    for name in sorted(wanted - set(reproduced)):
        print(f"not reproduced: {name}")
    print(f"recordings of a real class's faults that are only read, not counted: {len(recorded()) - len(more)}")
    print(f"recordings reproduced {len(reproduced)} / {len(wanted)}")
    return 0 if len(reproduced) == len(wanted) else 1


def downloads(folder: Path) -> set[str]:
    """The recorded zips and worksheets."""
    return {path.name for path in (folder / "download").iterdir() if path.suffix in (".zip", ".csv")}


def _cases(report: Path) -> tuple[set[str], set[str]]:
    """The parameters of passed and of failed test cases."""
    passed, failed = set(), set()
    if report.is_file():
        for case in ElementTree.parse(report).iter("testcase"):
            parameter = case.get("name", "").partition("[")[2].removesuffix("]")
            (passed if case.find("failure") is None and case.find("error") is None else failed).add(parameter)
    return passed, failed


if __name__ == "__main__":
    sys.exit(main())
