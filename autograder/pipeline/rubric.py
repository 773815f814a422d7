"""The sheet in which a TA types points and remarks: one way into the gradebook, read in whatever form it is saved."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from autograder.course.models import StagePolicy
from autograder.course.textfiles import decode_sheet
from autograder.errors import ConfigurationError, ConfigurationFault, UsageError

PARTICIPANT, NAME, OVERALL = "participant", "name", "remark"
SEPARATORS = (",", ";", "\t", "|")
TAKEN_BACK = "-"  # in a cell: what was marked or written before no longer counts
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how .xlsx, .ods and .xls begin, whatever they are called
FORMULA_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the wide ones count in East Asian spreadsheets


@dataclass(frozen=True)
class Cells:
    """What a row says: criterion to value; '' is the whole; None and '' take back. Empty cells are not in it."""

    points: Mapping[str, Decimal | None] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RubricSheet:
    """A sheet as it was read.

    Attributes:
        data: the file's bytes; None where there was no file.
        rows: every row after the header as it is in the file, with its line.
        columns: what a column means, by its place; columns of the TA's own are not in it.
        cells: by participant.
        lines: of each participant's row.
    """

    path: Path
    data: bytes | None = None
    separator: str = ","
    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    columns: Mapping[int, str] = field(default_factory=dict)
    cells: Mapping[str, Cells] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def foreign_columns(self) -> tuple[str, ...]:
        """Columns that mean nothing to us: kept and not read."""
        return tuple(name for place, name in enumerate(self.header) if place not in self.columns and name.strip())


def columns_of(policy: StagePolicy) -> tuple[str, ...]:
    """The columns of a sheet, as we write them: each criterion's points, then the remarks, on the whole first."""
    return (PARTICIPANT, NAME, *policy.rubric, OVERALL, *(remark_column(name) for name in policy.rubric))


def read_rubric(path: Path, policy: StagePolicy) -> RubricSheet:
    """Read a sheet in any encoding, with any separator and header case that a spreadsheet writes.

    Raises:
        ConfigurationError: every cell that is no number of points, or is where none can be.
        UsageError: the file cannot be read, or is a workbook.
    """
    if not policy.rubric:
        return RubricSheet(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return RubricSheet(path)
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read: {error.strerror}") from None
    if data.startswith(WORKBOOKS):
        raise UsageError(f"{path}: this is a workbook (.xlsx, .ods or .xls), not CSV: save the sheet as CSV (Save As)")
    text = decode_sheet(data)
    separator = _separator(text)
    rows = _parse(path, text, separator)
    if not rows:
        return RubricSheet(path, data)
    header, *others = rows
    columns = _columns(path, header, policy)
    faults: list[ConfigurationFault] = []
    cells: dict[str, Cells] = {}
    lines: dict[str, int] = {}
    for line, row in others:
        key = participant_of(row, columns)
        where = key or "(no participant)"
        if len(row) > len(header[1]):
            words = "more cells than the header has columns"
            faults.append(ConfigurationFault(path.name, line, where, words, "put a number such as 4,5 in quotes"))
        if key in cells:
            faults.append(ConfigurationFault(path.name, line, where, "a second row", "one row each"))
        if not key and any(cell.strip() for cell in row):
            faults.append(
                ConfigurationFault(path.name, line, where, "no participant", "Moodle's number, such as 41226")
            )
        if key:
            cells[key], lines[key] = _cells(row, columns, policy, faults, f"{path.name}", line, key), line
    if faults:
        raise ConfigurationError(faults)
    return RubricSheet(path, data, separator, header[1], tuple(others), columns, cells, lines)


def _separator(text: str) -> str:
    first = text.lstrip("\ufeff").splitlines()[0] if text.strip() else ""
    if first[:4].lower() == "sep=" and first[4:5] in SEPARATORS:
        return first[4]
    known = [
        separator
        for separator in SEPARATORS
        if PARTICIPANT in map(_plain, next(csv.reader([first], delimiter=separator), []))
    ]
    return known[0] if known else ","


def _parse(path: Path, text: str, separator: str) -> list[tuple[int, tuple[str, ...]]]:
    # newline=None makes one kind of all ends of lines, that of old Macs too
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=None), delimiter=separator, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    try:
        for row in reader:
            is_mark = not rows and row[:1] and row[0].lower().startswith("sep=")
            if any(cell.strip() for cell in row) and not is_mark:
                rows.append((reader.line_num, tuple(row)))
    except csv.Error as error:
        fault = ConfigurationFault(
            path.name, reader.line_num, "(row)", str(error), "a CSV file as spreadsheets save it"
        )
        raise ConfigurationError([fault]) from None
    return rows


def _columns(path: Path, header: tuple[int, tuple[str, ...]], policy: StagePolicy) -> dict[int, str]:
    """What each column means, by its place.

    Raises:
        ConfigurationError: no participants, a column twice, or one that is nearly a criterion's.
    """
    line, names = header
    wanted = {_plain(name): name for name in columns_of(policy)}
    found = {place: wanted[_plain(name)] for place, name in enumerate(names) if _plain(name) in wanted}
    allowed = ", ".join(columns_of(policy))
    faults = []
    if PARTICIPANT not in found.values():
        faults.append(ConfigurationFault(path.name, line, "header", f"no column {PARTICIPANT}", allowed))
    faults += [
        ConfigurationFault(path.name, line, "header", f"two columns {name}", "one of each")
        for name, count in Counter(found.values()).items()
        if count > 1
    ]
    for name in (name for name in policy.rubric if name not in found.values()):
        others = {_plain(other): other for place, other in enumerate(names) if place not in found}
        close = difflib.get_close_matches(_plain(name), others, 1)
        if close:
            words = f"no column {name}, but {others[close[0]]!r}"
            faults.append(ConfigurationFault(path.name, line, "header", words, allowed))
    if faults:
        raise ConfigurationError(faults)
    return found


def participant_of(row: Sequence[str], columns: Mapping[int, str]) -> str:
    """Whose row it is: ``41226``, whether written so, as ``Participant 41226`` or as ``41226.0``."""
    key = next((row[place] for place, name in columns.items() if name == PARTICIPANT and place < len(row)), "")
    key = re.sub(r"(?i)^participant\s+", "", _typed(key))
    return re.sub(r"^(\d+)[.,]0+$", r"\1", key)


def _cells(
    row: Sequence[str],
    columns: Mapping[int, str],
    policy: StagePolicy,
    faults: list[ConfigurationFault],
    file: str,
    line: int,
    key: str,
) -> Cells:
    points: dict[str, Decimal | None] = {}
    remarks: dict[str, str] = {}
    for place, name in columns.items():
        cell = row[place].strip() if place < len(row) else ""
        if not cell or name in (PARTICIPANT, NAME):
            continue
        if name in policy.rubric:
            most = policy.rubric[name]
            try:
                points[name] = None if cell == TAKEN_BACK else _points(cell, most)
            except ValueError as error:
                faults.append(ConfigurationFault(file, line, f"{key}: {name}", str(error), f"0 to {most}"))
        else:
            criterion = name.removesuffix(OVERALL).rstrip()
            remarks[criterion] = "" if cell == TAKEN_BACK else unguarded(cell)
    return Cells(points, remarks)


def _points(cell: str, most: Decimal) -> Decimal:
    try:
        value = Decimal(_typed(cell).removeprefix("'").replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"{cell[:30]!r} is not a number") from None
    if not (value.is_finite() and 0 <= value <= most):
        raise ValueError(f"{cell[:30]} is out of range")
    return value


def _typed(cell: str) -> str:
    """What a person typed: a spreadsheet writes it as ``="4.5"`` where it is text that looks like a number."""
    as_text = re.fullmatch(r'="(.*)"', cell.strip(), re.DOTALL)
    return as_text[1].strip() if as_text else unguarded(cell.strip())


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.replace("\ufeff", "").strip().casefold())


def write_rubric(
    sheet: RubricSheet,
    policy: StagePolicy,
    rows: Mapping[str, tuple[str, Cells]],
    stale: Container[tuple[str, str]] = (),
) -> bytes | None:
    """The sheet with a row for each of ``rows``, or None where the file holds all of it already.

    What is in the file stays: its order, its separator, rows of others and columns of the TA's own.

    Args:
        sheet: as it was read.
        policy: has the criteria.
        rows: participant to name and to what the gradebook holds.
        stale: participant and column of cells that a later decision has replaced.
    """
    missing = [name for name in columns_of(policy) if name not in sheet.columns.values()]
    columns = {**sheet.columns, **{len(sheet.header) + n: name for n, name in enumerate(missing)}}
    lines = [(*sheet.header, *missing)]
    there = set()
    for _, row in sheet.rows:
        key = participant_of(row, sheet.columns)
        there.add(key)
        name, cells = rows.get(key, ("", Cells()))
        lines.append(_line(row, columns, len(lines[0]), key, name, cells, stale))
    lines += [_line((), columns, len(lines[0]), key, *rows[key]) for key in sorted(rows.keys() - there)]
    before = [sheet.header, *(row for _, row in sheet.rows)]
    if sheet.data is not None and [*map(tuple, lines)] == [
        (*row, *[""] * (len(sheet.header) - len(row))) for row in before
    ]:
        return None
    stream = io.StringIO()
    csv.writer(stream, delimiter=sheet.separator, lineterminator="\r\n").writerows(lines)
    return ("\ufeff" + stream.getvalue()).encode()


def _line(
    row: Sequence[str],
    columns: Mapping[int, str],
    width: int,
    key: str,
    name: str,
    cells: Cells,
    stale: Container[tuple[str, str]] = (),
) -> tuple[str, ...]:
    line = [*row, *[""] * (width - len(row))]
    held = {PARTICIPANT: key, NAME: spreadsheet_text(name), **dict(_texts(cells))}
    for place, column in columns.items():
        if line[place].strip() in ("", TAKEN_BACK) or (key, column) in stale:
            line[place] = held.get(column, "")
    return tuple(line)


def _texts(cells: Cells) -> Iterator[tuple[str, str]]:
    for criterion, points in cells.points.items():
        yield criterion, "" if points is None else str(points)
    for criterion, text in cells.remarks.items():
        yield remark_column(criterion), spreadsheet_text(text)


def remark_column(criterion: str) -> str:
    """The column of a criterion's remark; '' is the whole."""
    return f"{criterion} {OVERALL}".strip()


def spreadsheet_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    clean = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    return f"'{clean}" if clean.lstrip()[:1] in FORMULA_SIGNS and clean.strip() else clean


def unguarded(cell: str) -> str:
    """The text of a cell from :func:`spreadsheet_text`."""
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip()[:1] in FORMULA_SIGNS and cell[1:].strip() else cell
