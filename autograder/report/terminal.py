"""Tables and progress for the terminal; no text of a student's reaches it with markup or control characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.commandline import counted
from autograder.graded import StageSummary
from autograder.hostiletext import visible_line
from autograder.report.causes import held_groups
from autograder.report.classpage import quartiles
from autograder.report.classrow import ClassRow
from autograder.report.render import number
from autograder.report.wording import LETTER

NAME_CHARACTERS = 32
WIDE = 100  # columns: with fewer there is no room for the CPU time
MOST_REASONS = 8
FEW_PARTICIPANTS = 5  # so many are named where they are counted
SPEED_SECONDS = 120.0  # the estimate looks back so far: submissions differ too much for less


def compact_table(title: str, first: str, *counts: str) -> Table:
    """A table of a name and numbers that fits 60 columns: names are whole, and numbers are at the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", title=title, title_justify="left")
    table.add_column(first, no_wrap=True)
    for count in counts:
        table.add_column(count, justify="right", no_wrap=True)
    return table


def class_table(rows: Sequence[ClassRow], summary: StageSummary, width: int = 120) -> Table:
    """One row a participant: mark, state, and one sign a test; it fits any width from 60 columns on.

    Args:
        rows: the participants.
        summary: the stage.
        width: of the terminal. Where there is little room, names are shorter and tests take several lines.
    """
    is_wide = width >= WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0) if is_wide else (0, 1, 0, 0), header_style="dim")
    table.title, table.title_justify = Text(f"{summary.stage}: {visible_line(summary.title)}", style="bold"), "left"
    names = NAME_CHARACTERS if is_wide else max(width - 50, 10)
    for name, justify in (("participant" if is_wide else "id", "right"), ("name", "left"), ("points", "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]  # two of rich's literals
    table.add_column("state", overflow="fold", no_wrap=is_wide)
    if is_wide:
        table.add_column("CPU s", justify="right", no_wrap=True)
    table.add_column("tests", overflow="fold", min_width=10)
    for row in sorted(rows, key=lambda row: (len(row.participant_id), row.participant_id)):
        state = "held" if row.held else "marked" if row.is_there else "nothing"
        late = f", {row.late_days} d late" if row.late_days else ""
        cpu = [Text(f"{row.cpu_seconds:.2f}" if row.cpu_seconds else "")] if is_wide else []
        table.add_row(
            Text(_short(row.participant_id, 20 if is_wide else 8)),
            Text(_short(row.name, names)),
            Text(number(row.points) if row.is_there else ""),
            Text(state + late, style="yellow" if row.held else ""),
            *cpu,
            Text(row.strip),
        )
    return table


def legend(rows: Sequence[ClassRow]) -> str:
    """What the signs of the tests mean: those that occur."""
    there = {outcome for row in rows for outcome in row.outcomes}
    return ", ".join(f"{letter} {outcome}" for outcome, letter in LETTER.items() if outcome in there)


def class_lines(rows: Sequence[ClassRow], summary: StageSummary) -> tuple[str, ...]:
    """The class in a few sentences, and what holds marks: each reason once, with its number."""
    there = [row for row in rows if row.is_there]
    held = sum(bool(row.held) for row in rows)
    late = sum(bool(row.late_days) for row in rows)
    marked = [row.points for row in there if not row.held]
    people = counted(len(rows), "participant")
    lines = [f"{people}, {len(there)} submitted, {len(marked)} marked, {held} held, {late} late."]
    middle = quartiles(marked)
    if middle:
        low, median, high = map(number, middle)
        lines.append(f"Median {median} of {number(summary.out_of)} points; half of the marks are from {low} to {high}.")
    groups = held_groups(rows)
    for reason, who in groups[:MOST_REASONS]:
        keys = ", ".join(_short(row.participant_id, 20) for row in who)
        few = f" ({keys})" if len(who) <= FEW_PARTICIPANTS else ""
        lines.append(f"Held: {visible_line(reason, limit=320)}: {len(who)}{few}")
    if len(groups) > MOST_REASONS:
        lines.append(f"Held for {counted(len(groups) - MOST_REASONS, 'more reason')}: see the class page.")
    return tuple(lines)


def _short(name: str, characters: int = NAME_CHARACTERS) -> str:
    text = visible_line(name)
    return text if len(text) <= characters else text[: characters - 1] + "…"


@contextmanager
def progress(what: str, console: Console | None = None) -> Iterator[Callable[[int], Callable[[str], None]]]:
    """A bar with an estimate of the time left.

    Yields a function that adds to the number of things to do and returns one to be called with the
    name of each thing done. Nothing is drawn before there is something to do, so that an error is the only output.

    Args:
        what: what is being done, one word.
        console: standard error by default, so that a command's output can be piped.
    """
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(
        *columns,
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
        console=console or Console(stderr=True),
        speed_estimate_period=SPEED_SECONDS,
    )
    task = bar.add_task(what, total=0)

    def advance(name: str) -> None:
        bar.update(task, advance=1, description=f"{what}: {_short(name)}")

    def start(more: int) -> Callable[[str], None]:
        bar.update(task, total=(bar.tasks[0].total or 0) + more)
        if more:
            bar.start()  # a second call changes nothing
        return advance

    try:
        yield start
    finally:
        if bar.live.is_started:
            bar.stop()
