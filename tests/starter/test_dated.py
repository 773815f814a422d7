"""The bundle of one day: open stages, references after the last moment, and nothing that is still to come."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from autograder.cli.main import cli
from autograder.course import Course, read_course
from autograder.course.due import latest_moment, written_moment
from autograder.course.models import LatePolicy, References, StarterPolicy
from autograder.errors import UsageError
from autograder.gradebook import Gradebook, Mark, open_gradebook
from autograder.graded import Basis, Decision, DecisionKind
from autograder.model import Grade, Lateness
from autograder.scoring import late_days
from autograder.starter import (
    Extensions,
    Opening,
    build_starter,
    last_moment,
    leaks,
    open_at,
    recorded_extensions,
    released_files,
    zip_bytes,
)

ROOT = Path(__file__).parents[2]
DUBLIN = ZoneInfo("Europe/Dublin")
WEEK_5 = datetime(2027, 2, 15, 9, 0, tzinfo=DUBLIN)  # s01 is due on 29 January, s02 on 5 February; last_day is 7


@pytest.fixture(scope="module")
def releasing(course: Course) -> Course:
    """This course with the policy that releases references."""
    policy = StarterPolicy(references=References.AFTER_LAST_MOMENT)
    return replace(course, configuration=course.configuration.model_copy(update={"starter": policy}))


@pytest.fixture(scope="module")
def opening(releasing: Course) -> Opening:
    """In week 5."""
    return open_at(releasing, WEEK_5)


@pytest.fixture(scope="module")
def files(opening: Opening, releasing: Course) -> dict[str, bytes]:
    """The bundle of week 5."""
    return build_starter(opening.course, released_files(releasing, opening.closed))


def test_a_bundle_has_the_stages_that_are_open(files: dict[str, bytes]) -> None:
    """Folders, stubs and course.json are of these stages alone, and a student's commands know no other."""
    stages = json.loads(files["course.json"])["stages"]

    assert ["s01", "s02", "s03", "s04", "s05", "s06", "s07", "ind"] == [name[:3] for name in stages]
    assert {*stages} == {path.partition("/")[0] for path in files if path.endswith("/spec.md")}
    submitted = {path for stage in stages.values() for path in stage["files"]}
    assert submitted | {"scratch/__init__.py"} == {
        path for path in files if path.startswith(("scratch/", "project/")) and path.endswith(".py")
    } - {path for path in files if path.startswith(("project/course/", "project/__init__"))}


def test_references_are_in_it_after_the_last_moment(files: dict[str, bytes]) -> None:
    """Those of s01 and s02, whole and without the marks of regions; s03 may still be handed in."""
    released = {path for path in files if path.startswith("released/")}

    assert {f"released/scratch/{name}.py" for name in ("perceptron", "nn", "functional", "gradcheck")} == released
    for path in released:
        assert files[path.removeprefix("released/")] != files[path]
        assert b"SOLUTION" not in files[path]
        compile(files[path], path, "exec")


@pytest.mark.slow
def test_released_files_are_the_only_references(releasing: Course, opening: Opening, files: dict[str, bytes]) -> None:
    """No leak in the bundle; a reference of a stage that is not closed, a changed one, and another place are leaks."""
    nn, optim = "released/scratch/nn.py", "released/scratch/optim.py"
    others = released_files(releasing, ["s04_optimisers"])

    wrong = {optim: others[optim], nn: files[nn] + b"\n", "released/more.txt": b"", "Released/x": b""}
    found = leaks(releasing, {**files, **wrong, "scratch/nn.py": files[nn]}, opening.closed)

    assert [] == leaks(releasing, files, opening.closed)
    assert set(wrong) == {leak.partition(":")[0] for leak in found if "a reference that may not be released" in leak}
    assert any(leak.startswith("scratch/nn.py:") for leak in found)
    assert f"{nn}: a reference that may not be released, or not in this form" in leaks(releasing, files)


def test_without_the_policy_nothing_is_released(course: Course) -> None:
    """The default; each stage's line says why."""
    opening = open_at(course, datetime(2028, 1, 1, tzinfo=UTC))

    assert frozenset() == opening.closed
    assert len(course.configuration.stages) == sum("starter.references is never" in line for line in opening.lines)


def test_the_moment_of_opening_counts(course: Course) -> None:
    """At 09:00 the stage is in, a minute before it is not; before the first there is no bundle."""
    before = open_at(course, WEEK_5 - timedelta(minutes=1))

    assert {"s06_normalisation", "s07_dropout"} == set(open_at(course, WEEK_5).course.configuration.stages) - set(
        before.course.configuration.stages
    )
    assert "s06_normalisation: not in it; opens 2027-02-15 09:00 GMT" in before.lines
    with pytest.raises(UsageError, match="the first opens at 2027-01-18 09:00 GMT"):
        open_at(course, datetime(2027, 1, 1, tzinfo=UTC))


@given(
    due=st.datetimes(
        datetime(2027, 1, 1),  # noqa: DTZ001  # hypothesis wants bounds without a zone
        datetime(2027, 12, 31),  # noqa: DTZ001  # the same
        timezones=st.just(DUBLIN),
        allow_imaginary=False,
    ),
    days=st.integers(0, 60),
    grace=st.integers(0, 1440),
)
def test_the_last_moment_is_the_one_that_lateness_knows(due: datetime, days: int, grace: int) -> None:
    """A second later the work earns 0 points; at the moment itself it does not, but where clocks show an hour twice."""
    late = LatePolicy(grace_minutes=grace, percent_a_day=10, cap_percent=50, last_day=days)
    last = last_moment(due, late, DUBLIN).astimezone(UTC)

    def days_late(moment: datetime) -> int:
        seconds = round(moment.timestamp() - due.timestamp())
        return late_days(Lateness(moment, due, max(0, seconds)), late, DUBLIN)

    assert days_late(last + timedelta(minutes=1)) > days
    assert days_late(last - timedelta(hours=1)) <= days


@pytest.mark.parametrize(
    ("latest", "closed"),
    [
        (None, {"s01_perceptron", "s02_backprop"}),
        (datetime(2027, 2, 5, 17, 0, tzinfo=DUBLIN), {"s01_perceptron", "s02_backprop"}),
        (datetime(2027, 2, 8, 8, 44, tzinfo=DUBLIN), {"s01_perceptron", "s02_backprop"}),
        (datetime(2027, 2, 8, 8, 45, tzinfo=DUBLIN), set()),
    ],
)
def test_the_latest_extension_delays_every_reference(
    releasing: Course, latest: datetime | None, closed: set[str]
) -> None:
    """Late days and grace count from it: at 09:00 on the 15th it is over for a due date before 08:45 on the 8th."""
    assert closed == open_at(releasing, WEEK_5, None, latest).closed


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    """An empty gradebook."""
    return open_gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}")


def decision(participant: str, kind: DecisionKind, value: dict[str, object], stage: str = "s02_backprop") -> Decision:
    """One that the coordinator made."""
    return Decision(stage, participant, kind, value, "illness", "coordinator")


EXTENDED = decision("41226", DecisionKind.EXTEND, {"due_at": "2027-02-12T17:00:00+00:00"})


@pytest.mark.parametrize(
    ("decisions", "closed"),
    [
        ([EXTENDED], {"s01_perceptron"}),
        ([replace(EXTENDED, participant_id="")], {"s01_perceptron"}),
        ([EXTENDED, decision("41226", DecisionKind.EXTEND, {"due_at": None})], {"s01_perceptron", "s02_backprop"}),
        ([replace(EXTENDED, value={"due_at": "2027-02-01T17:00:00+00:00"})], {"s01_perceptron", "s02_backprop"}),
        ([decision("41226", DecisionKind.WAIVE, {"waived": True})], {"s01_perceptron"}),
        ([decision("41226", DecisionKind.WAIVE, {"waived": True}, "s01_perceptron")], {"s02_backprop"}),
    ],
)
def test_extensions_of_the_gradebook_count(
    releasing: Course, book: Gradebook, decisions: list[Decision], closed: set[str]
) -> None:
    """One person's extension keeps the reference here; one that was taken back or is over does not."""
    book.add_decisions(decisions)
    found = recorded_extensions(book, releasing.configuration.stages)
    book.close()

    assert closed == open_at(releasing, WEEK_5, found).closed


def test_an_extension_of_moodles_counts(releasing: Course, book: Gradebook) -> None:
    """`grade` has read it from the worksheet."""
    due = datetime(2027, 2, 12, 17, 0, tzinfo=DUBLIN)
    basis = Basis("submitted", Lateness(due, due, 0, "extension"))
    book.add_mark(Mark("s02_backprop", Grade("41226", 50.0, 100.0, (), ()), None, "d" * 64, basis))
    found = recorded_extensions(book, releasing.configuration.stages)
    book.close()

    assert {"s01_perceptron"} == open_at(releasing, WEEK_5, found).closed


def test_waived_lateness_needs_a_date(releasing: Course) -> None:
    """Whoever has it may hand in whenever they like, so a person says until when; the line names them."""
    waived = Extensions({}, {"s01_perceptron": ("41226",)})
    lines = open_at(releasing, WEEK_5, waived).lines

    assert any("lateness is waived for 41226; --latest-extension says until when" in line for line in lines)
    assert "s01_perceptron" in open_at(releasing, WEEK_5, waived, datetime(2027, 2, 1, tzinfo=UTC)).closed


def test_what_was_assumed_is_printed(releasing: Course) -> None:
    """Without a gradebook and a date, with one of them."""
    latest = datetime(2027, 2, 1, tzinfo=UTC)

    assert open_at(releasing, WEEK_5).lines[-1].startswith("Assumed: nobody has an extension.")
    assert (
        "Assumed: nobody has a later due date than --latest-extension."
        == open_at(releasing, WEEK_5, None, latest).lines[-1]
    )
    assert "is not known" in open_at(releasing, WEEK_5, Extensions({}, {})).lines[-1]


def test_a_zip_has_the_same_bytes_each_time(files: dict[str, bytes]) -> None:
    """It unpacks into one folder."""
    data = zip_bytes(files)

    assert data == zip_bytes(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {f"starter/{path}" for path in files} == set(archive.namelist())
        assert files["course.json"] == archive.read("starter/course.json")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course whose grading.yml may be changed."""
    shutil.copy(ROOT / "grading.yml", tmp_path / "grading.yml")
    for folder in ("assignments", "solutions", "datasets"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    return tmp_path


def test_the_command_writes_folder_and_zip(root: Path) -> None:
    """The same files in both; starter/ is not touched."""
    out, packed = root / "out", root / "starter.zip"
    stages = read_course(root).configuration.stages
    done = CliRunner().invoke(
        cli, ["--course", str(root), "starter", "--at", "2027-01-20", "--out", str(out), "--zip", str(packed)]
    )

    assert 0 == done.exit_code, done.output
    assert f"2027-01-20 00:00 GMT: 1 of {len(stages)} stages\ns01_perceptron: in it" in done.output
    with zipfile.ZipFile(packed) as archive:
        names = {name.removeprefix("starter/") for name in archive.namelist()}
    assert names == {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert not (root / "starter").exists()
    assert not (out / "standins").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "2027-01-20"], "--at goes with --out DIR, --zip FILE or both"),
        (["--at", "2027-01-20", "--out", "x", "--check"], "without --check"),
        (["--out", "x"], "go with --at DATE"),
        (["--at", "next week", "--out", "x"], "'next week' is not a date; write it as '2027-02-12 17:00'"),
        (["--at", "2027-01-20", "--out", "full"], "full: something is there already"),
        (["--at", "2027-01-20", "--out", "x", "--gradebook", "sqlite:///none.db"], "there is no gradebook"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    """Nothing is built, and no folder with files in it is replaced."""
    monkeypatch.chdir(root)
    (root / "full").mkdir()
    (root / "full" / "work.py").write_text("")
    done = CliRunner().invoke(cli, ["starter", *arguments])

    assert 0 != done.exit_code
    assert words in str(done.exception)
    assert not (root / "x").exists()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-02-12", "2027-02-12T00:00:00+00:00"),
        ("2027-07-12 17:00", "2027-07-12T17:00:00+01:00"),
        ("2027-02-12T17:00:00+03:00", "2027-02-12T17:00:00+03:00"),
        ("2027-02-12 17:00 America/New_York", "2027-02-12T17:00:00-05:00"),
    ],
)
def test_dates_of_options(text: str, moment: str) -> None:
    """In the module's zone where none is given."""
    assert moment == written_moment(text, DUBLIN).isoformat()


def test_a_last_day_is_a_whole_day() -> None:
    """A date alone means its last second; no date stays none."""
    assert datetime(2027, 2, 12, 23, 59, 59, tzinfo=DUBLIN) == latest_moment("2027-02-12", DUBLIN)
    assert latest_moment(None, DUBLIN) is None
