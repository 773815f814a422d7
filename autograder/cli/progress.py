"""Progress of long work on the terminal, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], Callable[[str], None]]]:
    """A bar with an estimate of the time left.

    Yields a function that adds to the number of things to do and returns one to be called with the
    name of each thing done.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(escape(what), total=total or None)

        def advance(name: str) -> None:
            shown = "".join(letter if letter.isprintable() else "�" for letter in name)[:40]
            bar.update(task, advance=1, description=escape(f"{what}: {shown}"))

        def start(more: int) -> Callable[[str], None]:
            bar.update(task, total=total + more)
            return advance

        yield start
