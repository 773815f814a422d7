"""How many testers a run starts."""

from __future__ import annotations

import threading

import pytest

from autograder.tester.pace import SURELY, Pace


@pytest.mark.parametrize(
    ("count", "seconds", "is_worth"),
    [
        pytest.param(SURELY, [], True, id="large class"),
        pytest.param(20, [], False, id="nothing known yet"),
        pytest.param(20, [2.0], False, id="only the start is known"),
        pytest.param(20, [2.0, 0.1], False, id="quick submissions"),
        pytest.param(20, [2.0, 0.5], True, id="slow submissions"),
        pytest.param(20, [2.0, 0.1, 1.0], True, id="a slow one after a quick one"),
        pytest.param(3, [2.0, 3.0], False, id="nearly done"),
    ],
)
def test_another_tester_is_started_where_that_is_worth_it(count: int, seconds: list[float], is_worth: bool) -> None:
    """What is left would take the first tester more than twice as long as the start of another."""
    pace = Pace(count)
    for one in seconds:
        pace.add(one)

    assert is_worth is pace.is_worth_another


def test_who_waits_is_woken_by_a_slow_job_and_by_the_end() -> None:
    """A thread that waits goes on when another tester becomes worth it, and stops when nothing is left to do."""
    for last, expected in ((1.0, True), (None, False)):
        pace, found = Pace(20), list[bool]()
        thread = threading.Thread(target=lambda pace=pace, found=found: found.append(pace.wait()))
        thread.start()
        pace.add(1.0)
        pace.end() if last is None else pace.add(last)
        thread.join()

        assert [expected] == found
