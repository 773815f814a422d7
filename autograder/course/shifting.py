"""Next year's ``grading.yml``: every date moved by the same number of days, everything else as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import yaml

from autograder.course.writtendates import written_dates
from autograder.errors import UsageError

WEEK = 7
SATURDAY = 5
# A whole value, perhaps with an anchor: a day, or a day with its time and zone; a date within a title is none.
_VALUE = re.compile(
    r"(?:[&!]\S+\s+)*(?P<quote>[\"']?)(?P<day>\d{4}-\d{1,2}-\d{1,2})"
    r"(?P<time>[ T]+\d{1,2}:\d\d\S*(?: +[\w/+-]+)?)?(?P=quote)"
)


@dataclass(frozen=True)
class MovedDate:
    """A date of the file.

    Attributes:
        key: such as ``stages.s01_perceptron.due``.
        line: counted from 1.
        time: hour, minute and zone as written, '' for a day.
        start: where the day is in the text, in characters.
        written: the day as it was written.
    """

    key: str
    line: int
    before: date
    after: date
    time: str
    start: int
    written: str

    @property
    def is_weekend(self) -> bool:
        """Whether the new day is a Saturday or a Sunday."""
        return self.after.weekday() >= SATURDAY

    def __str__(self) -> str:
        return f"{self.key}: {self.before:%a %Y-%m-%d} → {self.after:%a %Y-%m-%d}{self.time}"


def days_between(starts: date, to: date) -> int:
    """Days from this year's first day of teaching to the next one's.

    Raises:
        UsageError: they are not the same day of the week, so that no date would keep its own.
    """
    days = (to - starts).days
    if days % WEEK:
        before = to - timedelta(days=days % WEEK)
        raise UsageError(
            f"{to} is a {to:%A}, module.starts is a {starts:%A}: every date keeps its day of the week. "
            f"Give --to {before} or --to {before + timedelta(days=WEEK)}"
        )
    return days


def moved_dates(text: str, days: int) -> list[MovedDate]:
    """Every value that is a date, in the order of the text.

    Raises:
        UsageError: a date would be outside of the calendar.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)  # its marks count characters; libyaml's count bytes
    found: dict[int, MovedDate] = {}
    for key, value in _scalars(node, ()):
        raw = _VALUE.fullmatch(text[value.start_mark.index : value.end_mark.index])
        if raw is None:
            continue
        try:
            before = date(*map(int, raw["day"].split("-")))
            after = before + timedelta(days=days)
        except (ValueError, OverflowError) as error:
            raise UsageError(f"grading.yml:{value.start_mark.line + 1}: {'.'.join(key)}: {error}") from None
        start = value.start_mark.index + raw.start("day")
        moved = MovedDate(".".join(key), value.start_mark.line + 1, before, after, raw["time"] or "", start, raw["day"])
        found.setdefault(start, moved)  # an alias is the same value again
    return [found[start] for start in sorted(found)]


def shifted_text(text: str, dates: list[MovedDate]) -> str:
    """The text with the new days; comments, quotes, spacing and line ends are as they were."""
    for moved in sorted(dates, key=lambda one: one.start, reverse=True):
        text = text[: moved.start] + moved.after.isoformat() + text[moved.start + len(moved.written) :]
    return text


def stale_comments(text: str, dates: list[MovedDate]) -> list[str]:
    """Comments beside a date, or with a date in them: a person must read them again."""
    beside = {moved.line for moved in dates}
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        comment = re.search(r"(?:^|\s)#(.*)", line)
        if comment and (number in beside or written_dates(comment[1])):
            found.append(f"grading.yml:{number}: is this comment still right? #{comment[1]}")
    return found


def _scalars(node: yaml.Node | None, prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], yaml.ScalarNode]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*prefix, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _scalars(item, (*prefix, str(index)))
    elif isinstance(node, yaml.ScalarNode):
        yield prefix, node
