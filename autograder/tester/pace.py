"""How many testers a run needs: a start costs as much as several quick submissions."""

from __future__ import annotations

import threading

SURELY = 64  # so many jobs are worth all testers, however quick they are
WORTH = 2.0  # times the start of a tester: where less is left to do, another one costs more than it saves


class Pace:
    """Whether what is left to do is worth the start of further testers, by how long the first one takes.

    Args:
        count: how many jobs there are.
    """

    def __init__(self, count: int) -> None:
        self._count, self._seconds = count, list[float]()
        self._has_changed = threading.Condition()
        self._is_over = False

    def add(self, seconds: float) -> None:
        """The first tester has done a job; its start is part of the first."""
        with self._has_changed:
            self._seconds.append(seconds)
            self._has_changed.notify_all()

    def end(self) -> None:
        """There are no more jobs."""
        with self._has_changed:
            self._is_over = True
            self._has_changed.notify_all()

    def wait(self) -> bool:
        """Wait until another tester is worth its start, or until there is nothing left to do: then False."""
        with self._has_changed:
            self._has_changed.wait_for(lambda: self._is_over or self.is_worth_another)
            return not self._is_over

    @property
    def is_worth_another(self) -> bool:
        """Whether the first tester alone would need longer for the rest than another for its start."""
        if self._count >= SURELY:
            return True
        first, *others = self._seconds or [0.0]
        left = self._count - len(self._seconds)
        return bool(others) and left * sum(others) / len(others) > WORTH * first
