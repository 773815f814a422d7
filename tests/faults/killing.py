"""Grade a class while something is killed at random moments, again and again, and compare the records."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from autograder.gradebook import Gradebook, open_gradebook
from tests.builders.course import STAGE, tiny, write_course

TARGETS = ("command", "tester", "fork server")
NEXT_KILL_SECONDS = 1.5  # the longest pause between two kills; a start takes about as long
GRADING_SECONDS = 300.0
SECRET = "the secret of the tests, long enough"
# Among them a loop that ends by its limit, so that kills also hit a submission that takes long.
CLASS = {
    "ann": tiny(),
    "bob": tiny(double="return np.square(x)"),
    "cat": tiny(triple="while True: pass"),
    "dan": tiny(triple="import time; time.sleep(0.3); return x * 3.0"),
    "eve": tiny(double="raise ValueError"),
    "fay": tiny(double="import os; os._exit(1)"),
    "gus": tiny(triple="return x + 3.0"),
    "hal": tiny(top="raise RuntimeError"),
}


@dataclass
class Episode:
    """One class, graded until it is done.

    Attributes:
        kills: how many of each target.
        problems: what was lost, doubled or otherwise.
        records: how many records were compared.
    """

    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TARGETS, 0))
    problems: list[str] = field(default_factory=list)
    records: int = 0


def write_class(root: Path) -> Path:
    """The course and its submissions; returns the folder of the submissions."""
    write_course(root / "course")
    for name, text in CLASS.items():
        path = root / "class" / name / "scratch" / "tiny.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root / "class"


def command_of(root: Path, out: Path) -> list[str]:
    """The command that grades the class."""
    command = [
        sys.executable,
        "-m",
        "autograder",
        "--course",
        str(root / "course"),
        "grade",
        STAGE,
        str(root / "class"),
    ]
    return [*command, "--out", str(out), "--workers", "2"]


def start(root: Path, out: Path) -> subprocess.Popen[bytes]:
    """Grade in the background."""
    environment = {
        **os.environ,
        "AUTOGRADER_SECRET": SECRET,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command_of(root, out), env=environment, stdout=quiet, stderr=quiet, start_new_session=True)


def contents(book: Gradebook) -> dict[str, list[str]]:
    """Outcomes by participant, of complete records only; without times, which differ from run to run."""
    found: dict[str, list[str]] = {}
    for record in book.records():
        if record.is_complete:
            outcomes = [
                [result.title, result.outcome, [f.message for f in result.findings]] for result in record.results
            ]
            found.setdefault(record.key.participant_id, []).append(json.dumps(outcomes))
    return found


def marks(book: Gradebook) -> dict[str, tuple[float, tuple[str, ...]]]:
    """The last mark of every participant."""
    return {key: (mark.grade.points, mark.grade.held) for key, mark in book.marks(STAGE).items()}


def children(pid: int) -> list[int]:
    """The processes that a process started and that live."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def victim(command: int, target: str, rng: random.Random) -> int | None:
    """A living process of the kind that shall die, if there is one."""
    if target == "command":
        return command
    testers = children(command)
    if target == "fork server":
        testers = [child for tester in testers for child in children(tester)]
    return rng.choice(testers) if testers else None


def run_episode(root: Path, out: Path, kills: int, rng: random.Random) -> Episode:
    """Kill so many times while grading; then grade to the end undisturbed and look at what is there."""
    episode = Episode()
    process = start(root, out)
    while sum(episode.kills.values()) < kills:
        time.sleep(rng.uniform(0, NEXT_KILL_SECONDS))
        if process.poll() is not None:
            if process.returncode == 0:
                finish(root, out, episode)
                out = out.with_name(f"{out.name}x")
            process = start(root, out)
            continue
        target = rng.choice(TARGETS)
        pid = victim(process.pid, target, rng)
        if pid is None:
            continue
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        episode.kills[target] += 1
        if target == "command":
            process.wait()
            process = start(root, out)
    process.wait(GRADING_SECONDS)
    finish(root, out, episode)
    return episode


def finish(root: Path, out: Path, episode: Episode) -> None:
    """Run once more undisturbed: what was held for a fault of ours is graded now."""
    last = start(root, out)
    if last.wait(GRADING_SECONDS) != 0:
        episode.problems.append(f"the last run ended with {last.returncode}")


def compare(out: Path, undisturbed: Path, episode: Episode) -> None:
    """Every gradebook of the episode against the one of a run that nobody disturbed."""
    expected = open_gradebook(f"sqlite:///{undisturbed}/gradebook.db")
    book = open_gradebook(f"sqlite:///{out}/gradebook.db")
    right, found = contents(expected), contents(book)
    episode.records += sum(map(len, found.values()))
    episode.problems += [f"{name}: lost" for name in right.keys() - found.keys()]
    episode.problems += [f"{name}: {len(rows)} records" for name, rows in found.items() if len(rows) != 1]
    episode.problems += [f"{name}: another outcome" for name in right if found.get(name) != right[name]]
    episode.problems += [f"marks differ: {marks(book)}"] if marks(book) != marks(expected) else []
    episode.problems += book.broken_links()
    book.close()
    expected.close()
