"""How each peer is called on one prepared folder of submissions."""

from __future__ import annotations

from autograder.course import StageFolder


def pytest_arguments(stage: StageFolder) -> list[str]:
    """Arguments of a lean pytest session without isolation."""
    return [
        "-q", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist",
        "--import-mode=importlib", "-c", "/dev/null", "--rootdir", str(stage.assignment),
        "-p", "autograder.testing.plugin", "-p", "benchmarks.peers.unprotected",
        str(stage.public_tests), str(stage.hidden_tests),
    ]  # fmt: skip
