"""``python -m tests.faults [--kills N]``: kill the grader at random moments and compare the records."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.killing import SECRET, Episode, compare, run_episode, start, write_class

KILLS_AN_EPISODE = 10


def main() -> int:
    """Print the table; the last line says how many kills were survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts = [KILLS_AN_EPISODE] * (options.kills // KILLS_AN_EPISODE)
    counts += [left] if (left := options.kills % KILLS_AN_EPISODE) else []
    episodes = len(counts)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        # Also for this process, which checks the rows; the user's own secret and anchors are not touched.
        os.environ |= {"AUTOGRADER_SECRET": SECRET, "AUTOGRADER_ANCHORS": str(root / "anchors")}
        write_class(root)
        undisturbed = root / "undisturbed"
        if start(root, undisturbed).wait() != 0:
            print("the undisturbed run failed")
            return 3

        def run(number: int) -> Episode:
            out = root / f"out-{number}"
            episode = run_episode(root, out, counts[number], random.Random(f"{options.seed}-{number}"))
            for path in sorted(root.glob(f"out-{number}*")):
                if path.name.rstrip("x") == out.name:
                    compare(path, undisturbed, episode)
            what = episode.problems or "as undisturbed"
            print(f"episode {number + 1} / {episodes}: {episode.kills}, {episode.records} records, {what}", flush=True)
            return episode

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(run, range(episodes)))
    killed = sum(sum(episode.kills.values()) for episode in done)
    survived = sum(sum(episode.kills.values()) for episode in done if not episode.problems)
    records = sum(episode.records for episode in done)
    print(f"kills survived {survived} / {killed}, records compared {records}")
    return 0 if survived == killed else 1


if __name__ == "__main__":
    sys.exit(main())
