"""How each peer is called on one prepared folder of submissions."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def pytest_arguments(stage: str) -> list[str]:
    """Arguments of a lean pytest session without isolation."""
    return [
        "-q", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist",
        "--import-mode=importlib", "-c", "/dev/null", "--rootdir", str(ROOT / "assignments" / stage),
        "-p", "autograder.testing.plugin", "-p", "benchmarks.peers.unprotected",
        str(ROOT / "assignments" / stage / "test_public.py"), str(ROOT / "solutions" / stage / "test_hidden.py"),
    ]  # fmt: skip
