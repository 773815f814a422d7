"""Shared by all tests of the kit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from autograder.course import Course, read_course
from autograder.errors import SandboxFault
from autograder.gradebook.anchor import ANCHORS_VARIABLE
from autograder.runner.runtimes import NUMPY
from autograder.sandbox.select import choose
from autograder.tester.pool import PoolOptions

ROOT = Path(__file__).parent.parent
# How long one example takes depends on what else the machine does; no test of this kit is about that.
settings.register_profile("kit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kit")


@pytest.fixture(scope="session")
def course() -> Course:
    """The course in this checkout."""
    return read_course(ROOT)


@pytest.fixture(scope="session")
def pool_options() -> PoolOptions:
    """One tester behind the best isolation that this machine has; tests run side by side already."""
    try:
        choose(NUMPY, "container").close()
    except SandboxFault:
        return PoolOptions(workers=1, unsafe=True)
    return PoolOptions(workers=1)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or makes a secret of the user's."""
    monkeypatch.setenv("AUTOGRADER_SECRET", "the secret of the tests, long enough")


@pytest.fixture(scope="session", autouse=True)
def anchors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nor an anchor; all tests of a process have one folder of them."""
    folder = tmp_path_factory.mktemp("anchors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ANCHORS_VARIABLE, str(folder))
        yield folder
