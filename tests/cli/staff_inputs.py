"""Files of staff's that are wrong, each with the command that meets it and the place that its message must name."""

from __future__ import annotations

import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders.course import HIDDEN, POLICY, PUBLIC, REFERENCE, STAGE, tiny, write_course
from tests.builders.spreadsheets import zipped

Spoil = Callable[[Path], None]
Command = tuple[str, ...]
CONFIG: Command = ("config",)
GRADE: Command = ("grade", STAGE, "{root}/download.zip", "--worksheet", "{root}/worksheet.csv", "--again")
GRADE_ONLY: Command = ("grade", STAGE, "--only", "41210", "--again")
VERIFY: Command = ("verify", STAGE)
PROVE: Command = ("prove", STAGE, "--seeds", "1")
MUTANTS: Command = ("prove", STAGE, "--mutants", "1", "--seeds", "1")
SHIFT: Command = ("shift-dates", "--days", "364")
STARTER: Command = ("starter",)
OVERRIDE: Command = ("override", STAGE, "41210", "5", "--reason", "appeal")
FINAL: Command = ("moodle", "final", "--marks", "{root}/people.csv", "--attendance", "{root}/attendance.csv")
FORECAST: Command = ("moodle", "forecast", "{root}/worksheet.csv", "--now", "{root}/worksheet.csv")

RUBRIC = "      hidden: {test_double: 40, test_double_is_even: 20, test_triple: 30}\n"
WORKSHEET = (
    "Identifier,Full name,ID number,Status,Grade,Maximum grade,Grade can be changed,Last modified (submission),"
    "Last modified (grade),Feedback comments\n"
    'Participant 41210,Ann Byrne,1001,Submitted for grading,-,10.00,Yes,"Friday, 29 January 2027, 9:00 AM",-,\n'
    'Participant 41211,Bob Doe,1002,Submitted for grading,-,10.00,Yes,"Friday, 29 January 2027, 9:00 AM",-,\n'
)
PEOPLE = "ID number,s01_tiny,project\n1001,80,70\n1002,60,50\n"
ATTENDANCE = "ID number,Percentage\n1001,80\n1002,90\n"
DEEP = 5_000


@dataclass(frozen=True)
class Case:
    """One wrong input.

    Attributes:
        command: what is typed; ``{root}`` is the folder.
        place: how the line of a message must begin; a regular expression.
    """

    name: str
    command: Command
    spoil: Spoil
    place: str


def write_class(root: Path) -> None:
    """A course, a download, a worksheet and tables of marks that are right."""
    write_course(root, policy=POLICY.replace(RUBRIC, RUBRIC + "    rubric: {clarity: 10}\n"))
    for file in ("spec.md", "notebook.py", "rubric.md"):
        (root / "assignments" / STAGE / file).write_text("# s01_tiny: Tiny\n", encoding="utf-8")
    with zipfile.ZipFile(root / "download.zip", "w") as archive:
        for owner in ("Ann Byrne_41210", "Bob Doe_41211"):
            archive.writestr(f"{owner}_assignsubmission_file/tiny.py", tiny())
    (root / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
    (root / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (root / "attendance.csv").write_text(ATTENDANCE, encoding="utf-8")


def put(path: str, data: bytes | str) -> Spoil:
    """Write a file."""

    def spoil(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data.encode() if isinstance(data, str) else data)

    return spoil


def sub(path: str, old: str, new: str) -> Spoil:
    """Replace text that occurs in a file."""

    def spoil(root: Path) -> None:
        text = (root / path).read_text("utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def more(path: str, text: str) -> Spoil:
    """Append to a file."""

    def spoil(root: Path) -> None:
        before = (root / path).read_text("utf-8")
        (root / path).write_text(f"{before}\n{text}\n", encoding="utf-8")

    return spoil


def folder(path: str) -> Spoil:
    """Put a folder where a file should be."""

    def spoil(root: Path) -> None:
        gone(path)(root)
        (root / path).mkdir()

    return spoil


def gone(path: str) -> Spoil:
    """Remove a file or a folder."""

    def spoil(root: Path) -> None:
        target = root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return spoil


def closed(path: str, mode: int = 0) -> Spoil:
    """Take the right to read or to write; the tests run these as an ordinary user."""
    return lambda root: (root / path).chmod(mode)


def query(sql: str) -> Spoil:
    """Change the gradebook."""

    def spoil(root: Path) -> None:
        connection = sqlite3.connect(root / "out" / "gradebook.db")
        with connection:
            connection.execute(sql)
        connection.close()

    return spoil


def decision(kind: str = "'override'", value: str = """'{"points": 5}'""", made_at: str = "'2027-01-30'") -> Spoil:
    """Add a row to the decisions, as somebody who does not know the course secret can; the cells are SQL."""
    start = f"INSERT INTO decisions VALUES (1, '{STAGE}', '41210', {kind}, {value}, 'appeal', 'ann', {made_at}"
    return query(f"{start}, 1, '{'0' * 64}', '{'0' * 64}')")


DECISIONS = {
    "forged": decision(),
    "kind": decision(kind="'overrule'"),
    "kind_number": decision(kind="7"),
    "text": decision(value="'{'"),
    "list": decision(value="'[1]'"),
    "bytes": decision(value="x'00ff'"),
    "points": decision(value="""'{"points": "five"}'"""),
    "infinite": decision(value="""'{"points": 1e999}'"""),
    "field": decision(value="'{}'"),
    "time": decision(made_at="x'ff'"),
    "nested": decision(value=f"'{'[' * DEEP}'"),
}


def policy_cases() -> Iterator[Case]:
    """Values and keys of grading.yml."""
    nested = "a: " + "[" * DEEP + "]" * DEEP
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    changes = {
        "unknown_key": ("late:", "latte:"),
        "tab": ("  engagement:", "\tengagement:"),
        "key_twice": ("late:", "late: {grace_minutes: 1, percent_a_day: 1, cap_percent: 1, last_day: 1}\nlate:"),
        "digits": ("week: 1", f"week: {'9' * 5_000}"),
        "huge_float": ("weight_percent: 80", "weight_percent: 1e400"),
        "nan_percent": ("weight_percent: 80", "weight_percent: .nan"),
        "nan_points": ("test_triple: 30", "test_triple: .nan"),
        "infinite_points": ("test_triple: 30", "test_triple: .inf"),
        "negative_points": ("test_triple: 30", "test_triple: -30"),
        "nan_limit": ("cpu_seconds: 1", "cpu_seconds: .nan"),
        "nan_maximum": ("grade_maximum: 10", "grade_maximum: .nan"),
        "binary": ("title: Tiny,", "title: !!binary AAAA===A,"),
        "day": ("starts: 2027-01-18", "starts: 2027-02-30"),
        "day_text": ("starts: 2027-01-18", "starts: '2027-13-01'"),
        "year": ("starts: 2027-01-18", "starts: 0000-01-01"),
        "due_day": ("due: 2027-01-29", "due: 2027-02-30"),
        "due_zone": ("17:00 Europe/Dublin", "17:00 Europe/Dubln"),
        "due_hour": ("due: 2027-01-29 17:00 Europe/Dublin", "due: 2027-03-28 01:30 Europe/Dublin"),
        "zone_path": ("time_zone: Europe/Dublin", "time_zone: ../../etc/passwd"),
        "zone_nul": ("time_zone: Europe/Dublin", 'time_zone: "Europe\\0Dublin"'),
        "object": ("code: T", "code: !!python/object/apply:os.system ['true']"),
        "unknown_tag": ("code: T", "code: !secret T"),
        "merge": ("late: {", "late: &late {<<: *late, "),
        "self": ("code: T", "code: &code [*code]"),
        "no_anchor": ("code: T", "code: *nothing"),
        "list_key": ("code: T", "? [a, b] : c, code: T"),
        "list_for_map": ("late: {grace_minutes: 15, percent_a_day: 10, cap_percent: 50, last_day: 7}", "late: [1, 2]"),
        "files_outside": ("files: [scratch/tiny.py]", "files: [../../etc/passwd]"),
        "files_missing": ("files: [scratch/tiny.py]", "files: [scratch/large.py]"),
        "stage_name": ("s01_tiny:", "'../s01':"),
        "no_such_stage": ("s01_tiny:", "s02_other:"),
        "needs": ("week: 1", "week: 1\n    needs: [s99_none]"),
        "needs_itself": ("week: 1", "week: 1\n    needs: [s01_tiny]"),
        "test_without_code": ("test_triple:", "test_treble:"),
        "test_without_points": (", test_triple: 30", ""),
        "colour": ("letter: A", "letter: {}"),
        "surrogate": ("title: Tiny,", 'title: "\\ud800",'),
        "control": ("title: Tiny,", "title: Ti\x07ny,"),
    }
    for name, (old, new) in changes.items():
        yield Case(f"policy_{name}", CONFIG, sub("grading.yml", old, new), r"grading\.yml:\d+: ")
    texts: dict[str, bytes | str] = {
        "empty": b"",
        "scalar": b"hello\n",
        "list": b"- 1\n",
        "two_documents": POLICY + "---\n" + POLICY,
        "nested": nested,
        "nested_maps": "{a: " * DEEP + "1" + "}" * DEEP,
        "nested_blocks": "\n".join(" " * n + "a:" for n in range(2_000)),
        "laughs": laughs,
        "merges": "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
        "latin1": POLICY.replace("Tiny", "Tíny").encode("latin-1"),
        "utf16": POLICY.encode("utf-16"),
        "utf16_without_mark": POLICY.encode("utf-16-le"),
        "nul": POLICY.encode() + b"\0",
        "large": b"# " + b"x" * (5 << 20),
        "random_bytes": bytes(range(256)),
    }
    for name, data in texts.items():
        yield Case(f"policy_{name}", CONFIG, put("grading.yml", data), r"grading\.yml:\d+: ")
    for command in (GRADE, VERIFY, PROVE, SHIFT, STARTER, OVERRIDE, FINAL):
        name = "_".join(command[:2] if command[0] == "moodle" else command[:1])
        yield Case(f"policy_for_{name}", command, put("grading.yml", laughs), r"grading\.yml:\d+: ")
    yield Case("policy_folder", CONFIG, folder("grading.yml"), ".*there is no grading.yml")
    yield Case("policy_unreadable", CONFIG, closed("grading.yml"), r"grading\.yml:\d+: ")


def source_cases() -> Iterator[Case]:
    """The course's Python files."""
    deep = "(" * 500 + ")" * 500
    sources = {
        f"assignments/{STAGE}/probes.py": "",
        f"assignments/{STAGE}/test_public.py": PUBLIC,
        f"solutions/{STAGE}/test_hidden.py": HIDDEN,
        f"solutions/{STAGE}/mistakes.py": "",
        f"solutions/{STAGE}/variants.py": "",
        "solutions/scratch/tiny.py": REFERENCE,
    }
    for path in sources:
        name, place = Path(path).stem, rf"{path}:\d+: "
        yield Case(f"{name}_latin1", CONFIG, put(path, '"""Tíny."""\n'.encode("latin-1")), place)
        yield Case(f"{name}_utf16", CONFIG, put(path, '"""Tiny."""\n'.encode("utf-16")), place)
        yield Case(f"{name}_nul", CONFIG, put(path, b"x = 1\n\0\n"), place)
        yield Case(f"{name}_syntax", CONFIG, more(path, "def broken(:"), place)
        yield Case(f"{name}_nested", CONFIG, more(path, deep), place)
        yield Case(f"{name}_is_a_folder", CONFIG, folder(path), rf"({place}|grading\.yml:\d+: )")
        yield Case(f"{name}_unreadable", CONFIG, closed(path), place)
        yield Case(f"{name}_syntax_grade", GRADE, more(path, "def broken(:"), place)
        yield Case(f"{name}_raises_grade", GRADE, more(path, "raise ValueError('no\\nway')"), place)
        yield Case(f"{name}_imports_prove", PROVE, more(path, "import no_such_module"), place)
    hidden, mistakes = f"solutions/{STAGE}/test_hidden.py", f"solutions/{STAGE}/mistakes.py"
    yield Case("hidden_exits", GRADE, more(hidden, "raise SystemExit(0)"), rf"({hidden}:\d+: |pytest ended)")
    yield Case("hidden_skips", GRADE, more(hidden, "pytest.skip('x', allow_module_level=True)"), "")
    yield Case("mistakes_exit", GRADE, more(mistakes, "raise SystemExit(0)"), rf"{mistakes}:\d+: ")
    yield Case("mistakes_something_else", GRADE, more(mistakes, "MISTAKES = [1]"), rf"{mistakes}:\d+: ")
    yield Case("mistakes_edit_gone", GRADE, sub(mistakes, "* 3.0", "* 4.0"), rf"{mistakes}:\d+: ")
    yield Case("mistakes_tests", PROVE, sub(mistakes, '("test_triple",)', '("test_treble",)'), rf"{mistakes}:\d+: ")
    yield Case("mistakes_text", PROVE, sub(mistakes, '"test_triple",', "3,"), rf"{mistakes}:\d+: ")
    yield Case("probes_missing", CONFIG, gone(f"assignments/{STAGE}/probes.py"), r"grading\.yml:\d+: ")
    yield Case("reference_missing", CONFIG, gone("solutions/scratch/tiny.py"), r"grading\.yml:\d+: ")
    yield Case("solutions_missing", CONFIG, gone(f"solutions/{STAGE}"), r"grading\.yml:\d+: ")


def generated_cases() -> Iterator[Case]:
    """Files that the kit writes and somebody changed."""
    kills, survivors = f"solutions/{STAGE}/kills.json", f"solutions/{STAGE}/survivors.toml"
    for name, data in {
        "empty": b"",
        "latin1": b'{"\xe1": []}',
        "list": b"[]",
        "numbers": b'{"square": [1]}',
        "nested": b"[" * 100_000,
        "text": b"{square: []}",
    }.items():
        yield Case(f"kills_{name}", PROVE, put(kills, data), rf"{kills}:\d+: ")
    for name, data in {
        "latin1": b'x = "\xe1"',
        "text": b"[[survivor",
        "table": b"survivor = 1\n",
        "keys": b'[[survivor]]\nid = "x"\n',
        "nested": b"x = " + b"[" * 50_000,
        "key_twice": b"a = 1\na = 2\n",
    }.items():
        yield Case(f"survivors_{name}", MUTANTS, put(survivors, data), rf"{survivors}:\d+: ")
    for file in ("spec.md", "notebook.py", "rubric.md"):
        path = f"assignments/{STAGE}/{file}"
        yield Case(f"starter_{file}", STARTER, put(path, "Tíny".encode("latin-1")), rf"{path}:\d+: ")


def class_cases() -> Iterator[Case]:
    """Downloads, worksheets, the rubric's sheet, gradebooks, tables of marks, folders."""
    sheet, rubric, book = "worksheet.csv", f"out/{STAGE}/rubric.csv", "out/gradebook.db"
    place = r"(.*/)?worksheet\.csv:\d+: "
    yield Case("worksheet_empty", GRADE, put(sheet, b""), place)
    yield Case("worksheet_html", GRADE, put(sheet, b"<html>log in</html>"), place)
    yield Case("worksheet_binary", GRADE, put(sheet, bytes(range(256))), place)
    yield Case("worksheet_cp1252", GRADE, put(sheet, WORKSHEET.replace("Ann", "Áine").encode("cp1252")), place)
    yield Case("worksheet_quote", GRADE, sub(sheet, "Ann Byrne", '"Ann Byrne'), place)
    yield Case("worksheet_cells", GRADE, sub(sheet, "Ann Byrne,", ""), place)
    yield Case("worksheet_status", GRADE, sub(sheet, "Submitted for grading", "Abgegeben"), place)
    yield Case("worksheet_no_status", GRADE, sub(sheet, "Status", "Zustand"), place)
    yield Case("worksheet_maximum", GRADE, sub(sheet, "10.00", "7.00"), place)
    yield Case("worksheet_number", GRADE, sub(sheet, "10.00", "NaN"), place)
    yield Case("worksheet_identifier", GRADE, sub(sheet, "Participant 41210", "Ann"), place)
    yield Case("worksheet_twice", GRADE, sub(sheet, "41211", "41210"), place)
    yield Case("worksheet_date", GRADE, sub(sheet, "29 January", "31 February"), place)
    yield Case("forecast_binary", FORECAST, put(sheet, bytes(range(256))), place)
    download = r".*download\.zip: "
    yield Case("download_empty_file", GRADE, put("download.zip", b""), download)
    yield Case("download_html", GRADE, put("download.zip", b"<html>log in</html>"), download)
    yield Case("download_half", GRADE, lambda root: _cut(root / "download.zip"), download)
    yield Case("download_without_entries", GRADE, lambda root: _zip(root, {}), "the download contains no submission")
    yield Case("download_of_others", GRADE, lambda root: _zip(root, {"a/b.txt": "x"}), download)
    rubric_place = r"(.*/)?rubric\.csv:\d+: "
    yield Case("rubric_header", GRADE, put(rubric, "a,b\n1,2\n"), rubric_place)
    yield Case("rubric_nan", GRADE, put(rubric, "participant,clarity\n41210,NaN\n"), rubric_place)
    yield Case("rubric_too_many", GRADE, put(rubric, "participant,clarity\n41210,11\n"), rubric_place)
    yield Case("rubric_exponent", GRADE, put(rubric, "participant,clarity\n41210,1e999999999\n"), rubric_place)
    yield Case("rubric_twice", GRADE, put(rubric, "participant,clarity\n41210,1\n41210,2\n"), rubric_place)
    yield Case("rubric_quote", GRADE, put(rubric, 'participant,clarity\n41210,"1\n'), rubric_place)
    yield Case("rubric_folder", GRADE, folder(rubric), r".*rubric\.csv: ")
    yield Case("rubric_binary", GRADE, put(rubric, bytes(range(256)) * 9), rubric_place)
    yield Case("sent_text", GRADE, put(f"out/{STAGE}/sent.json", "{"), r".*sent\.json: ")
    yield Case("sent_nested", GRADE, put(f"out/{STAGE}/sent.json", "[" * 100_000), r".*sent\.json: ")
    for name, command in {"grade": GRADE, "only": GRADE_ONLY, "verify": VERIFY, "override": OVERRIDE}.items():
        yield Case(f"gradebook_folder_{name}", command, folder(book), r".*gradebook.*: ")
        yield Case(f"gradebook_text_{name}", command, put(book, "id,mark\n" * 100), r".*gradebook.*: ")
        yield Case(
            f"gradebook_results_{name}", command, query("UPDATE records SET results = '{'"), r".*(record|gradebook).*: "
        )
        yield Case(f"gradebook_grade_{name}", command, query("UPDATE marks SET grade = '['"), r".*mark.*: ")
        yield Case(
            f"gradebook_layers_{name}",
            command,
            query("UPDATE records SET layers = x'00ff'"),
            r".*(record|gradebook).*: ",
        )
        yield Case(f"gradebook_table_{name}", command, query("DROP TABLE marks"), r".*gradebook.*: ")
        for what, spoil in DECISIONS.items():
            yield Case(f"decision_{what}_{name}", command, spoil, r".*(decision|a row has a value of another type).*: ")
    yield Case("gradebook_empty_verify", VERIFY, put(book, b""), r".*gradebook.*")
    yield Case("gradebook_gone_verify", VERIFY, gone(book), r".*gradebook.*")
    people = r"(.*/)?people\.csv:\d+: "
    yield Case("people_empty", FINAL, put("people.csv", b""), people)
    yield Case(
        "people_latin1", FINAL, put("people.csv", PEOPLE.replace("project", "proyécto").encode("latin-1")), people
    )
    yield Case("people_column", FINAL, sub("people.csv", "project", "exam"), people)
    yield Case("people_two_columns", FINAL, sub("people.csv", "project", "ID number"), people)
    yield Case("people_account", FINAL, put("people.csv", "Student ID,Taken sessions\n3202,1\n"), people)
    yield Case("people_old", FINAL, put("people.csv", b"\xd0\xcf\x11\xe0" * 99), r"(.*/)?people\.csv: an old \.xls")
    spreadsheet = r"(.*/)?people\.csv: this spreadsheet cannot be read"
    yield Case("people_zip_cut", FINAL, put("people.csv", b"PK\x03\x04" + bytes(99)), spreadsheet)
    yield Case("people_zip_empty", FINAL, put("people.csv", zipped({"a": "b"})), spreadsheet)
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]>"
    yield Case("people_entities", FINAL, put("people.csv", zipped({"content.xml": bomb + "<x>&a;</x>"})), spreadsheet)
    yield Case("people_huge", FINAL, put("people.csv", zipped({"content.xml": bytes(9 << 20)})), spreadsheet)
    yield Case("people_deep", FINAL, put("people.csv", zipped({"content.xml": "<a>" * 500_000})), spreadsheet)
    yield Case("out_unwritable", GRADE, closed("out", 0o500), r".*out: ")
    yield Case("out_pages_unwritable", GRADE, closed(f"out/{STAGE}", 0o500), rf".*{STAGE}.*: ")
    yield Case("out_pages_are_a_file", GRADE, lambda root: _as_file(root / "out" / STAGE), rf".*{STAGE}.*: ")
    yield Case("download_unreadable", GRADE, closed("download.zip"), download)
    yield Case("worksheet_unreadable", GRADE, closed(sheet), r".*worksheet\.csv")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _zip(root: Path, entries: dict[str, str]) -> None:
    with zipfile.ZipFile(root / "download.zip", "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)


def _as_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("in the way", encoding="utf-8")


CASES = [*policy_cases(), *source_cases(), *generated_cases(), *class_cases()]
NEEDS_USER = {case.name for case in CASES if "unreadable" in case.name or "unwritable" in case.name}
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
