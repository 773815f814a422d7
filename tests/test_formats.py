"""docs/formats.md describes what is really written: every key, with its type, and no key that is not there."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from autograder.cli import prove as prove_command
from autograder.cli.main import cli
from autograder.course import Course
from autograder.final.final_grade import FinalGrade, export
from autograder.final.percentages import attendance_reader
from autograder.final.tables import read_table
from autograder.gradebook import keep_people, open_gradebook
from autograder.graded import Decision, DecisionKind
from autograder.intake import Person as Participant
from autograder.intake.lms import OutgoingGrade
from autograder.model import Submission, SubmittedFile
from autograder.moodle.files.feedback import write_feedback_zip
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.outgoing import write_worksheet
from autograder.moodle.files.sent import dump_sent, sent_mark
from autograder.moodle.files.worksheet import read_worksheet
from autograder.mutation.mutants import Mutant
from autograder.mutation.run import MutationReport
from autograder.pipeline.rubric import Cells, read_rubric, write_rubric
from autograder.pipeline.storing import pack
from autograder.prove import Proof
from tests.builders.course import POLICY, STAGE, write_course
from tests.builders.gradebook import filled_gradebook

ROOT = Path(__file__).parent.parent
TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
    "list": list,
    "list of strings": list,
    "object": dict,
    "null": type(None),
}


def documented(heading: str) -> dict[str, str]:
    """The keys of a section's table, with their types."""
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section, re.MULTILINE))


def leaves(value: object, patterns: Mapping[str, str], path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value that a table should name, with its key; names in an object that is a map become ``*``."""
    if path in patterns:
        yield path, value
    inner = [pattern for pattern in patterns if pattern.startswith(path) and pattern != path]
    if isinstance(value, dict):
        is_map = any(re.match(re.escape(f"{path}.*" if path else "*") + r"(\.|$)", pattern) for pattern in inner)
        for name, one in value.items():
            step = "*" if is_map else name
            yield from leaves(one, patterns, f"{path}.{step}" if path else step)
    elif isinstance(value, list) and any(pattern.startswith(f"{path}[]") for pattern in inner):
        for one in value:
            yield from leaves(one, patterns, f"{path}[]")
    elif path not in patterns:
        yield path, value


def assert_documented(heading: str, *values: Any) -> None:
    """Both ways: every key is in the table with its type, and every key of the table is there."""
    patterns = documented(heading)
    found: dict[str, list[object]] = {}
    for value in values:
        for path, leaf in leaves(value, patterns):
            found.setdefault(path, []).append(leaf)

    assert set(patterns) == set(found)
    for path, some in found.items():
        kinds = [TYPES[kind] for kind in patterns[path].split(" or ")]
        assert all(
            any(isinstance(one, kind) and (kind is bool or not isinstance(one, bool)) for kind in kinds) for one in some
        ), path


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, Any]:
    """Cells of a gradebook with one record, its submission and its mark."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    book = open_gradebook(url)
    filled_gradebook(book)
    book.close()
    engine = create_engine(url)
    with engine.connect() as connection:
        results = connection.execute(text("select results from records")).scalar_one()
        grade = connection.execute(text("select grade from marks")).scalar_one()
    engine.dispose()
    return {"results": json.loads(results), "grade": json.loads(grade)}


def test_records_and_marks(rows: dict[str, Any]) -> None:
    """As they are in the gradebook."""
    assert_documented("Results of a record", rows["results"])
    assert_documented("Grade of a mark", rows["grade"])


def test_decisions(tmp_path: Path) -> None:
    """As the commands keep them, each one and its end."""
    write_course(tmp_path / "course", policy=POLICY + "    rubric: {clarity: 5}\n")
    commands = [
        ["override", STAGE, "41210", "5"],
        ["override", STAGE, "41210", "--undo"],
        ["override", STAGE, "41210", "--attempt", "newest"],
        ["extend", STAGE, "41210", "2027-02-20 17:00"],
        ["extend", STAGE, "--everybody", "2027-02-20 17:00"],
        ["extend", STAGE, "--everybody", "--undo"],
        ["waive", STAGE, "41210"],
        ["hold", STAGE, "41210"],
        ["drop-test", STAGE, "test_triple", "--everyone-gets"],
        ["drop-test", STAGE, "test_triple", "--undo"],
        ["remark", STAGE, "41210", "Good.", "--criterion", "clarity"],
    ]
    (tmp_path / "out").mkdir()
    book = open_gradebook(f"sqlite:///{tmp_path}/out/gradebook.db")
    keep_people(book, STAGE, [Participant("41210", "27200", "Ann")])
    book.add_decisions([Decision(STAGE, "41210", DecisionKind.ATTEMPT, {"submission_sha256": "a" * 64}, "r", "ann")])
    book.close()
    for command in commands:
        options = ["--out", str(tmp_path / "out"), "--reason", "r"]
        done = CliRunner().invoke(
            cli, ["--course", str(tmp_path / "course"), *command, *options], standalone_mode=False
        )
        assert done.exception is None, done.output
    book = open_gradebook(f"sqlite:///{tmp_path}/out/gradebook.db")
    release = Decision(STAGE, "41210", DecisionKind.RELEASE, {"reasons": ["a draft"]}, "r", "ann")
    rubric = Decision(
        STAGE, "41210", DecisionKind.RUBRIC, {"criterion": "clarity", "points": "4", "sheet": True}, "r", "ann"
    )
    book.add_decisions([release, rubric])  # these need a class that was graded: tests/pipeline/test_decisions.py
    found = book.decisions(STAGE)
    book.close()

    assert set(DecisionKind) == {decision.kind for decision in found}
    assert_documented("Value of a decision", *(decision.value for decision in found))


def test_proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command writes of a stage."""
    proof = Proof(STAGE, 1, 2, ("a",), 1, 2, ("b",), 1, 1, 4, ("test_triple",), kills=None)
    write_course(tmp_path)
    monkeypatch.setattr(prove_command, "prove", lambda *_, **__: proof)
    done = CliRunner().invoke(cli, ["--course", str(tmp_path), "prove", STAGE, "--json"], standalone_mode=False)

    assert_documented("`autograder prove --json`", json.loads(done.stdout))


def test_prove_mutants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command writes of a stage, with a survivor and something that only chance kills."""
    survivor = Mutant("a", "scratch/tiny.py", 1, "double", "operator", "x", "y", "")
    report = MutationReport(STAGE, 2, 1, 0, (survivor,), ("mutant b is killed on 1 of 2 seeds",), ())
    write_course(tmp_path)
    monkeypatch.setattr(prove_command, "mutate", lambda *_, **__: report)
    command = ["--course", str(tmp_path), "prove", STAGE, "--mutants", "2", "--json"]
    done = CliRunner().invoke(cli, command, standalone_mode=False)

    assert_documented("`autograder prove --mutants --json`", json.loads(done.stdout))


def test_survivors() -> None:
    """Of every stage that has them."""
    files = sorted((ROOT / "solutions").glob("*/survivors.toml"))

    assert files
    entries = [entry for path in files for entry in tomllib.loads(path.read_text("utf-8"))["survivor"]]
    assert_documented("`survivors.toml`", *({"survivor": entry} for entry in entries))


def test_kills() -> None:
    """Of every stage that has them."""
    files = sorted((ROOT / "solutions").glob("*/kills.json"))

    assert files
    assert_documented("`kills.json`", *(json.loads(path.read_text("utf-8")) for path in files))


def test_course_json() -> None:
    """As students have it; no public test has a budget of memory yet, so one is added."""
    course = json.loads((ROOT / "starter" / "course.json").read_text("utf-8"))
    next(iter(course["stages"].values()))["memory_budgets"] = {"test_x": 4.0}

    assert_documented("`course.json`", course)


def test_worksheet(tmp_path: Path) -> None:
    """With a comment, which makes its column appear."""
    path = tmp_path / "Grades.csv"
    path.write_bytes(build_worksheet([Person(41210, "Ann")]))
    sent = write_worksheet(read_worksheet(path), {"41210": OutgoingGrade(Decimal("7.5"), "<p>x</p>")})
    header, row = csv.reader(io.StringIO(sent.data.decode("utf-8-sig")))

    assert documented("`worksheet.csv`").keys() == set(header)
    assert "7.50" == row[header.index("Grade")]


def test_final_grades() -> None:
    """The header, and numbers with two decimals."""
    grade = FinalGrade("1", "", Decimal(1), Decimal(2), (), Decimal("2.5"), Decimal(3), Decimal("2.90"), "A", ())
    header, row = csv.reader(io.StringIO(export([grade]).decode("utf-8-sig")))

    assert [*documented("`final.csv`")] == header
    assert ["1", "2.50", "3.00", "2.90", "A"] == row


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("student number,Attendance %", "7,50", Decimal(50)),
        ("Student ID,Attended,Sessions", "7,1,2", Decimal(50)),
        ("idnumber,PERCENT", "7,50", Decimal(50)),
    ],
)
def test_tables_of_the_final_grade(tmp_path: Path, header: str, row: str, expected: Decimal) -> None:
    """Some of the documented columns, with other capitals."""
    (tmp_path / "a.csv").write_text(f"{header}\n{row}\n")
    table = read_table(tmp_path / "a.csv")
    page = (ROOT / "docs" / "formats.md").read_text("utf-8").lower()

    assert all(f"`{name}`" in page for name in header.lower().split(","))
    assert [expected] == [attendance_reader(table)(one) for one in table.rows]


def test_sent_marks() -> None:
    """What was written for Moodle before."""
    earlier = {"41210": (sent_mark("71.50", "<p>Good</p>"),)}
    written = json.loads(dump_sent(earlier, {"41210": sent_mark("80.00", ""), "41226": sent_mark("", "x")}))

    assert_documented("`sent.json`", written)


def test_rubric(tmp_path: Path, course: Course) -> None:
    """Three fixed columns, then two for each of the stage's criteria."""
    policy = course.configuration.stages["s04_optimisers"]
    path = tmp_path / "rubric.csv"
    data = write_rubric(read_rubric(path, policy), policy, {"41210": ("Ann", Cells())})
    assert data is not None
    header = next(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    patterns = list(documented("`rubric.csv`"))

    assert data.startswith(b"\xef\xbb\xbf")
    assert ["participant", "name", "*", "remark", "* remark"] == patterns
    assert [
        "participant",
        "name",
        *policy.rubric,
        "remark",
        *(f"{name} remark" for name in policy.rubric),
    ] == header


def test_feedback() -> None:
    """One entry for each participant."""
    stream = io.BytesIO()
    write_feedback_zip(stream, {"41210": {"feedback.html": b"x"}}, {"41210": "Ann"})
    (pattern,) = documented("`feedback.zip`")
    matching = re.escape(pattern).replace(r"\*", "[^_]+")

    assert [True] == [bool(re.fullmatch(matching, name)) for name in zipfile.ZipFile(stream).namelist()]


def test_archives() -> None:
    """Files under numbers, their paths in the index."""
    blob = pack(Submission("41210", files=(SubmittedFile("b.py", b"b"), SubmittedFile("a.py", b"a"))))
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        index = json.loads(archive.read("index.json"))
        names = set(archive.namelist())

    assert_documented("Archive of a submission", index)
    assert (["a.py", "b.py"], {"0", "1", "index.json"}) == (index, names)


def test_a_key_that_is_missing_or_unknown_is_seen() -> None:
    """The comparison itself can fail, in both directions and by type."""
    good = {"stages": {"s": {"mistakes": {"caught": 1}}}}
    for wrong in ({**good, "new": 1}, good, {"stages": {"s": {"mistakes": {"caught": "1"}}}}):
        with pytest.raises(AssertionError):
            assert_documented("`autograder prove --json`", wrong)
