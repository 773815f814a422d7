"""``autograder moodle final``: what it prints, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from autograder.cli.final import final
from autograder.course import read_course
from autograder.errors import UsageError
from autograder.final.final_policy import policy_of
from autograder.final.tables import read_table

ROOT = Path(__file__).parents[2]
STAGES = list(policy_of(read_course(ROOT, check=False).configuration).stages)


def marks(folder: Path, *rows: str, columns: str = f"ID number,Full name,{','.join(STAGES)},project") -> Path:
    """A table of marks."""
    path = folder / "marks.csv"
    path.write_text("\n".join([columns, *rows]) + "\n", "utf-8")
    return path


def row(key: str, mark: str, project: str) -> str:
    """One person with the same mark in every stage."""
    return f"{key},Ann\x1b[31m Byrne,{','.join([mark] * len(STAGES))},{project}"


def run(*arguments: object, root: Path | None = ROOT) -> Result:
    """Run the command in a course; its own errors are in the result."""
    return CliRunner().invoke(final, [str(one) for one in arguments], obj=root)


def test_the_course_is_found_as_by_every_other_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By autograder --course, by its own option, which wins, or in the working folder."""
    arguments = ("--marks", marks(tmp_path, row("7", "80", "70")))

    assert 0 == run(*arguments).exit_code
    assert 0 == run(*arguments, "--course", ROOT, root=tmp_path).exit_code
    assert "there is no grading.yml" in str(run(*arguments, root=tmp_path).exception)
    monkeypatch.chdir(ROOT)
    assert 0 == run(*arguments, root=None).exit_code


def test_an_open_grade_says_what_is_missing(tmp_path: Path) -> None:
    """Without attendance and project there is no total, and nothing of it goes to Moodle."""
    out = tmp_path / "final.csv"
    result = run("--marks", marks(tmp_path, row("7", "80", "")), "--out", out)

    assert 0o600 == out.stat().st_mode & 0o777
    assert "open: attendance, project" in result.output
    assert "0 of 1 grade complete" in result.output
    assert "\x1b" not in result.output
    assert 1 == len(out.read_text("utf-8-sig").splitlines())


def test_a_link_in_the_place_of_the_grades_is_replaced(tmp_path: Path) -> None:
    """What it leads to is left alone."""
    out, other = tmp_path / "final.csv", tmp_path / "other"
    other.write_text("not yours")
    out.symlink_to(other)
    run("--marks", marks(tmp_path, row("7", "80", "70")), "--out", out)

    assert ("not yours", False) == (other.read_text(), out.is_symlink())


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("ID number,project", "no column for "),
        (f"ID number,{','.join(STAGES)}", "no column for project"),
        ("name,project", "no column of ID numbers"),
    ],
)
def test_a_table_without_a_column_is_refused(tmp_path: Path, columns: str, words: str) -> None:
    """The missing columns are named."""
    result = run("--marks", marks(tmp_path, columns=columns))

    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


def test_one_bad_cell_leaves_one_grade_open(tmp_path: Path) -> None:
    """File, line, stage and reason; nobody else is refused, and --allow-missing does not make a 0 of it."""
    rows = [
        row("7", "eighty", "70"),
        row("8", "60", "50"),
        row("9", "60", "143"),
        row("5", "1", "1"),
        row("5", "2", "2"),
    ]
    path = marks(tmp_path, *rows)
    attended = tmp_path / "attendance.csv"
    attended.write_text("ID number,Percentage\n7,100\n8,100\n9,100\n5,100\n6,100\n")
    for more in ((), ("--allow-missing",)):
        result = run("--marks", path, "--attendance", attended, *more)

        assert 1 == result.exit_code
        assert "8 Ann Byrne: 54.00" in result.output  # 0.2 · (0.25 · 100 + 0.75 · 60) + 0.8 · 50
        assert f"(marks.csv:2: {STAGES[0]}: 'eighty' is not a percentage" in result.output
        assert "project (marks.csv:4: project: '143' is not between 0 and 100 per cent)" in result.output
        assert "(marks.csv: lines 5 and 6: which one counts?)" in result.output
        assert "attendance.csv:6: 6: not an ID number of the class: left out" in result.output


def test_somebody_who_is_not_in_the_attendance_is_named(tmp_path: Path) -> None:
    """The export can be that of one group."""
    (tmp_path / "a.csv").write_text("ID number,Percentage\n7,100\n")
    path = marks(tmp_path, row("7", "80", "70"), row("8", "60", "50"))
    result = run("--marks", path, "--attendance", tmp_path / "a.csv", "--allow-missing")

    assert 1 == result.exit_code
    assert "8 Ann Byrne: attendance (not in a.csv)" in result.output
    assert "7 Ann Byrne: 73.00" in result.output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("7", "no such ID number"),
        ("8:project=70", "no such ID number"),
        ("7:exam=70", "no mark 'exam'; allowed: attendance, project"),
        ("7:project=much", "is not a percentage"),
    ],
)
def test_a_what_if_that_makes_no_sense_is_refused(tmp_path: Path, change: str, words: str) -> None:
    """With what is allowed."""
    result = run("--marks", marks(tmp_path, row("7", "80", "70")), "--what-if", change)

    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


def test_a_letter_out_of_reach_has_a_dash(tmp_path: Path) -> None:
    """Nobody with 0 in every stage reaches the best letter."""
    result = run("--marks", marks(tmp_path, row("7", "0", "")), "--what-if", "7:", "--what-if", f"7:{STAGES[0]}=50")

    assert "project mark needed: A+ –" in result.output
    assert f"what if {STAGES[0]} = 50: 7" in result.output


def test_moodles_export_is_compared_with_what_was_sent(tmp_path: Path) -> None:
    """Exit code 1 and each difference; 0 where there is none."""
    path = marks(tmp_path, row("7", "80", "70"), row("8", "60", "50"))
    export = tmp_path / "export.csv"
    export.write_text("ID number,Assignment: Optimisers (Real),Project\n7,80.00,70.00\n8,61.00,50.00\n")
    items = ("--item", f"{STAGES[0]}=Optimisers", "--item", "project=Project")
    result = run("--marks", path, "--check", export, *items)

    assert 1 == result.exit_code
    assert "8: Optimisers: sent 60, Moodle 61.00" in result.output
    assert "1 difference" in result.output
    export.write_text(export.read_text().replace("61.00", "60.00"))
    assert 0 == run("--marks", path, "--check", export, *items).exit_code


@pytest.mark.parametrize(
    ("item", "words"), [("Optimisers", "allowed: stage=name"), ("project=Exam", "no column for 'Exam'")]
)
def test_an_item_that_is_not_there_is_refused(tmp_path: Path, item: str, words: str) -> None:
    """In the option or in the export."""
    export = tmp_path / "export.csv"
    export.write_text("ID number,Project\n7,70.00\n")
    result = run("--marks", marks(tmp_path, row("7", "80", "70")), "--check", export, "--item", item)

    assert words in str(result.exception)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_may_have_any_encoding_of_a_spreadsheet(tmp_path: Path, encoding: str) -> None:
    """Names are shown as they are; a file that is no text is refused."""
    path = marks(tmp_path, row("7", "80", "70").replace("Ann\x1b[31m", "Áine"))
    path.write_bytes(path.read_text("utf-8").encode(encoding))

    assert "7 Áine Byrne: homework 80.00" in run("--marks", path).output
    path.write_bytes(bytes(range(256)) * 9)
    with pytest.raises(UsageError, match=r"marks\.csv:\d+: "):
        read_table(path)
