"""What the testers of a run share: worked out once, whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.tester import shared_cache
from autograder.tester.shared_cache import HEAD, SharedCache

ROOT = Path(__file__).parents[2]


@pytest.fixture
def descriptor() -> Iterator[int]:
    """Of an unnamed file."""
    with tempfile.TemporaryFile() as file:
        yield file.fileno()


def refuse() -> Any:
    """Work that nobody should do."""
    raise AssertionError("this was worked out already")


def in_child(descriptor: int, name: str, work: str) -> subprocess.Popen[str]:
    """Another process that shares the file and asks for a value; ``work`` is Python, in which BEGIN says so."""
    work = work.replace("BEGIN", "print('begun', flush=True)")
    code = f"""
import os, sys, time
import numpy as np
from autograder.tester.shared_cache import SharedCache
SharedCache({descriptor}).get({name!r}, lambda: {work})
"""
    return subprocess.Popen(
        [sys.executable, "-c", code], pass_fds=[descriptor], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def finished(process: subprocess.Popen[str]) -> None:
    """Wait for its end."""
    process.communicate(timeout=300)


def begun(process: subprocess.Popen[str]) -> None:
    """Wait until it is at work."""
    assert process.stdout is not None
    assert "begun\n" == process.stdout.readline()


def test_a_value_is_worked_out_once(descriptor: int) -> None:
    """The second who asks gets what the first one made: arrays of every dtype, None, lists and texts."""
    work = "[['probe', '00ff', {'y': np.arange(6.0).reshape(2, 3), 'n': 3, 'ok': True}], ['probe', '01', None]]"
    finished(in_child(descriptor, "mistake", work))
    probe, none = SharedCache(descriptor).get("mistake", refuse)

    assert ["probe", "01", None] == none
    assert (3, True) == (probe[2]["n"], probe[2]["ok"])
    np.testing.assert_array_equal(np.arange(6.0).reshape(2, 3), probe[2]["y"])


def test_others_are_worked_out_for_themselves(descriptor: int) -> None:
    """A name of its own each; names may be of any letters."""
    cache = SharedCache(descriptor)

    assert ("1", "2", "1") == (
        cache.get("a", lambda: "1"),
        cache.get("ä", lambda: "2"),
        cache.get("a", lambda: "3"),
    )


def test_two_processes_do_not_do_the_same_work(descriptor: int) -> None:
    """Who comes second waits for the first one's result."""
    process = in_child(descriptor, "mistake", "(BEGIN, time.sleep(0.2), 'from the other process')[2]")
    begun(process)

    assert "from the other process" == SharedCache(descriptor).get("mistake", refuse)
    finished(process)


def test_who_dies_at_work_is_replaced(descriptor: int) -> None:
    """Its lock goes with it."""
    finished(in_child(descriptor, "mistake", "os._exit(9)"))

    assert "mine" == SharedCache(descriptor).get("mistake", lambda: "mine")


def test_half_an_entry_is_written_over(descriptor: int) -> None:
    """What a killed process left is never read."""
    SharedCache(descriptor).get("first", lambda: "whole")
    end = os.fstat(descriptor).st_size
    os.pwrite(descriptor, HEAD.pack(1000, 6) + b"second", end)
    one, other = SharedCache(descriptor), SharedCache(descriptor)

    assert "mine" == one.get("second", lambda: "mine")
    assert ("whole", "mine") == (other.get("first", refuse), other.get("second", refuse))


@pytest.mark.parametrize("value", [list(range(40)), [np.zeros(1)] * 5000, "x" * 200])
def test_what_cannot_be_shared_is_worked_out_each_time(
    descriptor: int, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room, or too many arrays: everybody has the value all the same."""
    monkeypatch.setattr(shared_cache, "MOST_BYTES", 100)
    cache = SharedCache(descriptor)

    assert [value, value] == [cache.get("large", lambda: value) for _ in range(2)]
    assert 0 == os.fstat(descriptor).st_size


def test_a_full_disk_costs_only_time(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value is there, the file as before."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)

    assert "mine" == SharedCache(descriptor).get("mistake", lambda: "mine")


def test_students_processes_do_not_hold_it(descriptor: int) -> None:
    """Nothing that a tester starts inherits the descriptor."""
    os.set_inheritable(descriptor, True)
    SharedCache(descriptor)

    assert not os.get_inheritable(descriptor)


def test_different_work_goes_on_side_by_side(descriptor: int) -> None:
    """One process at work holds up nobody who wants something else."""
    process = in_child(descriptor, "slow", "(BEGIN, time.sleep(60))")
    begun(process)
    found: list[str] = []
    thread = threading.Thread(
        target=lambda: found.append(SharedCache(descriptor).get("quick", lambda: "done")), daemon=True
    )
    thread.start()
    thread.join(50)
    process.kill()
    finished(process)

    assert ["done"] == found
