"""The pytest plugin: fixtures ``student``, ``reference``, ``rng``, ``budget``, and "not reached"."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.testing.harness import BoundProbe, Harness, Side

HARNESS = pytest.StashKey[Harness]()


def public_seed(test_id: str) -> int:
    """The seed of a public test: the same on every machine."""
    return int.from_bytes(hmac.digest(b"public tests show everything", test_id.encode(), hashlib.sha256)[:16])


def test_id_of(item: pytest.Item) -> str:
    """A test's id within its stage: the function's name and its parameters' id."""
    return f"{item.path.stem}::{item.name}"


@pytest.fixture
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """How probes are called; when grading, the tester put one into the stash."""
    stash = request.config.stash
    given = stash.get(HARNESS, None)
    if given is not None:
        yield given
        return
    from autograder.testing.local import LocalHarness  # a grading run never needs a student's machine

    local = LocalHarness(Path(str(request.config.rootpath)), request.node.path.parent)
    yield local
    local.close()


@pytest.fixture
def student(harness: Harness) -> Side:
    """The student's code, by probes."""
    return Side(harness, is_student=True)


@pytest.fixture
def reference(harness: Harness) -> Side:
    """The reference, by the same probes."""
    return Side(harness, is_student=False)


@pytest.fixture
def rng(harness: Harness, request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers of this test: the same for every submission of a run."""
    return np.random.default_rng(harness.seed(test_id_of(request.node)))


@pytest.fixture
def budget(harness: Harness, request: pytest.FixtureRequest) -> Callable[..., None]:
    """A time budget: ``budget(student.conv2d, reference.conv2d, inputs_of, times=4)``."""

    def check(student: BoundProbe, reference: BoundProbe, inputs_of: Any, *, times: float | None = None) -> None:
        if student.probe != reference.probe:
            raise ValueError(f"a budget compares one probe with itself, not {student.probe} with {reference.probe}")
        harness.check_budget(student.probe, inputs_of, times, harness.seed(test_id_of(request.node)))

    return check


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of our marker."""
    config.addinivalue_line("markers", "needs(*names): not reached unless these tests passed")


def needed_by(item: pytest.Item) -> tuple[str, ...]:
    """Names of the tests that this one needs."""
    return tuple(str(name) for marker in item.iter_markers("needs") for name in marker.args)


# On a student's own machine: a plain session remembers what failed.
FAILED = pytest.StashKey[set[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember failures, and show a student the finding in place of our own frames."""
    if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
        item.session.stash.setdefault(FAILED, set()).add(getattr(item, "originalname", item.name))
    report = yield
    return report  # noqa: B901  # a wrapper hook hands its result on this way


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose need failed, on a student's own machine."""
    failed = item.session.stash.get(FAILED, set())
    for name in needed_by(item):
        if name in failed:
            pytest.skip(f"not reached: {name} did not pass")
