"""The models of PHP are compared with PHP itself where there is one, and with what it did where there is none."""

import base64
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest

from autograder.moodle.files.datetext import moodle_date, zone_of
from autograder.moodle.importer.phpcsv import UnreadableUpload, fputcsv, moodle_rows, read_rows
from autograder.moodle.importer.phpvalues import php_equal, php_number, php_time

PHP = shutil.which("php")
needs_php = pytest.mark.skipif(PHP is None, reason="there is no php on this machine to compare with")
DUBLIN = zone_of("Europe/Dublin")
PIECES = [
    b'"',
    b"\\",
    b",",
    b"\n",
    b"\r",
    b" ",
    b"a",
    b"b",
    b"\t",
    b'""',
    b'",',
    b'\\"',
    b'"\n',
    "é".encode(),
    b";",
    b"\v",
]
RANDOM = Random(20270118)


def table() -> bytes:
    """A text of quotes, backslashes and line ends, half of the time shaped like a table."""
    if RANDOM.random() < 0.5:
        return b"".join(RANDOM.choices(PIECES, k=RANDOM.randrange(25)))
    columns = RANDOM.randrange(1, 4)
    lines = []
    for _ in range(RANDOM.randrange(1, 4)):
        cells = [b"".join(RANDOM.choices(PIECES[:9], k=RANDOM.randrange(6))) for _ in range(columns)]
        lines.append(b",".join(_quoted(cell) if RANDOM.random() < 0.7 else cell for cell in cells))
    return b"\n".join(lines) + b"\n"


def _quoted(cell: bytes) -> bytes:
    return b'"' + cell.replace(b'"', b'""') + b'"'


def date() -> str:
    """A minute of two years in one of the forms that the model knows."""
    when = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=RANDOM.randrange(2 * 365 * 1440))
    local = when.astimezone(DUBLIN)
    forms = [
        moodle_date(when, DUBLIN),
        f"{when:%Y-%m-%dT%H:%M:%SZ}",
        f"{local:%Y-%m-%d %H:%M}",
        f"{local:%d/%m/%Y %H:%M}",
    ]
    forms += [
        f"{local:%m/%d/%Y %H:%M}",
        f"{local:%d.%m.%Y %H:%M}",
        f"{local:%Y-%m-%d}",
        f"{local.day} Februar 2026, 9:30 AM",
    ]
    return RANDOM.choice(forms)


TABLES = [table() for _ in range(5000)]
NUMBERS = ["".join(RANDOM.choices("0123456789.,-+eE %ax=\t", k=RANDOM.randrange(8))) for _ in range(5000)]
PAIRS = [["".join(RANDOM.choices("0012.e+ \t\n", k=RANDOM.randrange(5))) for _ in range(2)] for _ in range(5000)]
TIMES = [date() for _ in range(2000)]


@cache
def answers() -> dict:
    """What PHP makes of all the cases."""
    cases = {"tables": [base64.b64encode(one).decode() for one in TABLES], "numbers": NUMBERS, "times": TIMES}
    cases["pairs"] = PAIRS
    command = [PHP, "-d", "error_reporting=0", str(Path(__file__).with_name("against_php.php"))]
    done = subprocess.run(command, input=json.dumps(cases).encode(), capture_output=True, check=True)
    return json.loads(done.stdout)


def imported(upload: bytes) -> list[list[bytes]] | None:
    """What the model makes of a text, in bytes."""
    rows = read_rows(re.sub(rb"\r\n?", b"\n", upload).strip(b" \t\n\r\0\x0b"))
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    return read_rows(b"".join(map(fputcsv, rows)))


@needs_php
def test_tables_are_read_as_php_reads_them():
    """Both passes of Moodle's importer, byte for byte, on 5000 hostile texts."""
    expected = [one and [[base64.b64decode(cell) for cell in row] for row in one] for one in answers()["tables"]]

    assert expected == list(map(imported, TABLES))


@needs_php
@pytest.mark.parametrize(("kind", "sign"), [("numbers", "."), ("commas", ",")])
def test_numbers_are_read_as_php_reads_them(kind: str, sign: str):
    """5000 texts of digits and signs, for a reader with a decimal point and one with a comma."""
    expected = [None if text is None else float(text) for text in answers()[kind]]
    found = [None if (number := php_number(text, sign)) is None else float(number) for text in NUMBERS]

    assert [one is None for one in expected] == [two is None for two in found]
    assert [one for one in expected if one is not None] == pytest.approx([two for two in found if two is not None])


@needs_php
def test_texts_are_equal_as_for_php():
    """5000 pairs of short texts, many of them numbers."""
    expected = answers()["equal"]

    assert 100 < sum(expected)
    assert expected == [php_equal(*pair) for pair in PAIRS]


@needs_php
def test_times_are_read_as_php_reads_them():
    """2000 dates, those of the hours around changes of clocks among them."""
    found = [int(when.timestamp()) if (when := php_time(text, DUBLIN)) else False for text in TIMES]

    assert answers()["times"] == found


QUIRKS = {
    b'a,"b\\"\nc,d\n': [["a", 'b\\"\nc,d']],
    b"a,b\\\nc,d e\n": [["a", 'b\\"\nc,d e"']],
    b'a,"x ""y"" z"\n': [["a", 'x "y" z']],
    b'a,"x \\""y"" z"\n': [["a", 'x \\"y"" z"']],
    b'a,"x"tail\n': [["a", "xtail"]],
    b'a, "x"\n': [["a", "x"]],
    b'a,x "y"\n': [["a", 'x "y"']],
    b'a,"never ends\n': [["a", "never ends"]],
    b'a,"\n': [["a", "\0"]],
}


@pytest.mark.parametrize(("upload", "rows"), QUIRKS.items())
def test_quirks_that_php_was_seen_to_have(upload: bytes, rows: list[list[str]]):
    """Backslashes, text behind quotes, quotes behind spaces and cells that never end, as PHP 8.2 read them."""
    assert rows == moodle_rows(upload)


def test_an_empty_upload_is_dropped():
    """There is no header."""
    with pytest.raises(UnreadableUpload):
        moodle_rows(b" \n\n")
