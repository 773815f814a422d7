"""Mutants are graded, survivors are judged by people, and chance is seen."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.folder import StageFolder
from autograder.errors import ConfigurationError, UsageError
from autograder.mutation.mutants import Mutant, mutants_of
from autograder.mutation.run import MutationReport, mutate
from autograder.mutation.survivors import Survivor, Verdict, merged, read_survivors, survivors_text
from autograder.tester.pool import PoolOptions
from tests.builders.course import HIDDEN, REFERENCE, STAGE, write_course
from tests.cli.test_commands import run

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=12)
# a line that no test looks at
UNUSED = REFERENCE.replace("    return np.asarray(x) * 2.0\n", "    x = x + 0\n    return np.asarray(x) * 2.0\n")
# a test that fails what it is for on some seeds only
LOTTERY = HIDDEN.replace("return rng.standard_normal(3)", "return rng.integers(0, 2, 1) * 2.0")


def mutated(folder: Path, options: PoolOptions, seeds: int = 1, **parts: str) -> tuple[StageFolder, MutationReport]:
    """The report on all mutants of a tiny course."""
    stage = write_course(folder, **parts).stage(STAGE)
    return stage, mutate(stage, mutants_of(stage.reference_files()), seeds, options)


@pytest.mark.slow
def test_a_survivor_is_reported_until_a_person_has_judged_it(tmp_path: Path, pool_options: PoolOptions) -> None:
    """A verdict and a reason are enough; a verdict that is out of date is reported."""
    stage, report = mutated(tmp_path, pool_options, reference=UNUSED)
    killed = {one.mutant_id for one in mutants_of(stage.reference_files())} - {one.mutant_id for one in report.unjudged}
    assert report.unjudged
    assert report.made == report.killed + len(report.unjudged)
    assert tuple(f"no test kills {one}" for one in report.unjudged) == report.problems

    judged = [Survivor(one.mutant_id, one.where, one.change, Verdict.EQUIVALENT, "Adds 0.") for one in report.survivors]
    late = Survivor(min(killed), "scratch/tiny.py", "a → b", Verdict.STYLE, "No longer.")
    gone = Survivor("0" * 12, "scratch/tiny.py", "a → b", Verdict.STYLE, "Nowhere.")
    stage.survivors_file.write_text(survivors_text([*judged, late, gone]), "utf-8")
    again = mutate(stage, mutants_of(stage.reference_files()), 1, pool_options)

    assert (len(judged), ()) == (again.judged, again.unjudged)
    assert (
        f"survivors.toml has {late.mutant_id}, which is killed now: remove it",
        f"survivors.toml has {gone.mutant_id}, which is no mutant of the reference any more: remove it",
    ) == again.problems
    assert {*judged} == {*again.survivors}


@pytest.mark.slow
def test_what_only_chance_kills_is_reported(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Mistakes and mutants alike, with the number of seeds."""
    _, report = mutated(tmp_path, pool_options, 6, hidden=LOTTERY)

    assert report.lotteries
    assert all(" is killed on " in one and one.endswith(" of 6 seeds") for one in report.lotteries)
    assert {*report.lotteries} <= {*report.problems}


@pytest.mark.slow
def test_another_test_may_kill_on_another_seed(tmp_path: Path, pool_options: PoolOptions) -> None:
    """What the killer of the first seed lets through on another one is given to all tests: that is no chance."""
    sometimes = "    if x.size == 2 and x[0] > 0:\n        assert_close(student.triple(x=x), reference.triple(x=x))\n"
    drawn = "    x = rng.standard_normal(size)\n"
    _, report = mutated(tmp_path, pool_options, 6, hidden=HIDDEN.replace(drawn, drawn + sometimes))

    assert () == report.lotteries


def test_a_fault_of_the_stage_kills_nothing(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Where the tests cannot be collected, no mutant counts as killed: there is no report at all."""
    stage = write_course(tmp_path).stage(STAGE)
    stage.hidden_tests.write_text(f"{HIDDEN}\nimport no_such_module\n", "utf-8")
    chosen = mutants_of(stage.reference_files())[:2]
    with pytest.raises(UsageError, match=r"test_hidden\.py:\d+: .*no_such_module"):
        mutate(stage, chosen, 1, pool_options)


@pytest.mark.slow
def test_the_command_reports_and_writes(tmp_path: Path) -> None:
    """Exit code 1 while a survivor is not judged; --update writes what is to be judged; --json is one object."""
    write_course(tmp_path, reference=UNUSED)
    command = ("--course", str(tmp_path), "prove", "--mutants", "50", "--seeds", "1", "--workers", "1", "--unsafe")
    first, second = run(*command, "--update"), run(*command, "--json")
    file = tmp_path / "solutions" / STAGE / "survivors.toml"
    entries = read_survivors(file, "survivors.toml")
    report = json.loads(second.stdout)["stages"][STAGE]

    assert (1, 1) == (first.returncode, second.returncode)
    assert "no test kills" in first.stdout
    assert f"solutions/{STAGE}/survivors.toml: {len(entries)} entries" in first.stderr
    assert len(entries) == len(report["unjudged"]) == report["made"] - report["killed"]
    assert not any(one.judged for one in entries.values())


@given(
    st.lists(
        st.builds(Survivor, TEXTS, TEXTS, TEXTS, st.sampled_from(Verdict), TEXTS), unique_by=lambda one: one.mutant_id
    )
)
def test_what_is_written_is_read(survivors: list[Survivor]) -> None:
    """Quotes, line ends, backslashes and letters of any alphabet included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survivors.toml"
        path.write_text(survivors_text(survivors), "utf-8")

        assert {one.mutant_id: one for one in survivors} == read_survivors(path, "survivors.toml")


def test_every_fault_of_the_file_is_reported_with_its_line(tmp_path: Path) -> None:
    """All at once, each with what is allowed."""
    entry = 'id = "{}"\nwhere = "w"\nchange = "c"\nverdict = "{}"\nreason = "r"\n'
    path = tmp_path / "survivors.toml"
    path.write_text("\n[[survivor]]\n".join(["", entry.format("a", "style"), entry.format("a", ""),
                                             entry.format("b", "right"), 'id = "c"\n']), "utf-8")  # fmt: skip

    with pytest.raises(ConfigurationError) as raised:
        read_survivors(path, "solutions/s01/survivors.toml")
    assert [9, 16, 23] == [fault.line for fault in raised.value.faults]
    assert [True, True, True] == [fault.file == "solutions/s01/survivors.toml" for fault in raised.value.faults]
    path.write_text("survivor = [", "utf-8")
    with pytest.raises(ConfigurationError):
        read_survivors(path, "survivors.toml")


def test_a_person_s_words_are_kept() -> None:
    """A survivor that is found again keeps its verdict; a new one has none."""
    mutant = Mutant("aa", "scratch/m.py", 3, "f", "constant", "x = 1", "x = 2", "")
    old = Survivor("aa", "scratch/m.py f", "x = 1 → x = 2", Verdict.STYLE, "Either is right.")
    new = Mutant("bb", "scratch/m.py", 4, "", "constant", "y = 1", "y = 2", "")

    assert [old, Survivor("bb", "scratch/m.py", "y = 1 → y = 2", Verdict.UNJUDGED, "")] == merged(
        {"aa": old, "cc": old}, [mutant, new], ["cc"]
    )
