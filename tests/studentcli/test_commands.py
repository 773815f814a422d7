"""``check`` and ``submit`` in a starter without a repository, as a student runs them."""

from __future__ import annotations

import ast
import hashlib
import sys
import zipfile

import pytest

from tests.studentcli.conftest import COPIED, PACKAGE, RIGHT, Bundle

ALLOWED = {"numpy", "pytest", "rich", "click", *sys.stdlib_module_names}


def test_a_right_solution_passes(solved: Bundle):
    """Every test passes, the points add up, and the exit code is 0."""
    done = solved.run("autograder", "check", "s00_tiny")

    assert "Public tests: 5 of 5 points." in done.stdout
    assert "hidden tests (5 points) and what a TA marks by hand (1 point)" in " ".join(done.stdout.split())
    assert 0 == done.returncode


def test_the_starter_names_what_is_not_written(bundle: Bundle):
    """An unwritten function is named with its line; what needs it is not reached; the exit code is 1."""
    done = bundle.run("autograder", "check", "s00_tiny/")

    assert "[one], [minus two]" in done.stdout
    assert 1 == done.stdout.count("NotImplementedError: double")
    assert "where: scratch/ops.py, line 3" in done.stdout
    assert "hint: This part is not written yet." in done.stdout
    assert "not reached: test_double_worked_example did not pass" in done.stdout
    assert 1 == done.returncode


def test_a_wrong_value_is_shown_with_what_the_code_printed(bundle: Bundle):
    """A public test shows expected and got, the wrong case and the output, with escape sequences taken out."""
    bundle.write("scratch/ops.py", "def double(x):\n    print('\\x1b[2Jhi\\u202e')\n    return abs(x) * 2\n")
    done = bundle.run("autograder", "check", "s00_tiny")

    assert "failed, 1 of 2" in done.stdout
    assert "[minus two]" in done.stdout
    assert "y[0]: expected -4, got 4" in done.stdout
    assert "  hi<U+202E>" in done.stdout
    assert "\x1b" not in done.stdout
    assert "Public tests: 1.5 of 5 points." in done.stdout


def test_a_crash_costs_one_test(bundle: Bundle):
    """After the process ends, the next test has a new one."""
    bundle.write(
        "scratch/ops.py", "import os\ndef double(x):\n    if x[0] == 1.0:\n        os._exit(3)\n    return x + x\n"
    )
    done = bundle.run("autograder", "check", "s00_tiny")

    assert "crashed, 1 of 2" in done.stdout
    assert "your code ended the program" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("end", ["while True:\n        pass", "import os\n    os._exit(3)"], ids=["loop", "exit"])
def test_what_was_printed_before_the_end_of_a_process_is_shown(bundle: Bundle, end: str):
    """A loop without end and a crash are found by what was printed before them."""
    bundle.write("scratch/ops.py", f"def double(x):\n    print('before the end')\n    {end}\n")

    assert "  before the end" in bundle.run("autograder", "check", "s00_tiny").stdout


def test_plain_pytest_shows_the_finding_and_none_of_our_frames(bundle: Bundle):
    """``pytest s00_tiny`` prints sentence, exception and line, and no file of the kit."""
    done = bundle.run("pytest", "s00_tiny", "-p", "no:randomly")

    assert "Twice one number is that number added to itself.\n  NotImplementedError: double" in done.stdout
    assert "where: scratch/ops.py, line 3" in done.stdout
    assert "autograder/" not in done.stdout
    assert "2 failed, 1 skipped" in done.stdout


def test_a_plain_assert_and_a_skip_are_told_apart(solved: Bundle):
    """An assert of the test's own is the student's to look at; a skip or an assert of numpy's is the course's fault."""
    tests = (solved.root / "s00_tiny" / "test_public.py").read_text("utf-8")
    tests += (
        '\n\ndef test_own(student):\n    """Own."""\n    assert student.doubled(x=1.0)["y"] == 3.0, "not three"\n'
        '\n\ndef test_skips(student):\n    """Skips."""\n    pytest.skip("Skipped: not reached: x did not pass")\n'
        '\n\ndef test_numpys(student):\n    """Numpy."""\n    np.testing.assert_allclose(1.0, 2.0)\n'
    )
    solved.write("s00_tiny/test_public.py", tests)
    done = solved.run("autograder", "check", "s00_tiny")

    assert 1 == done.stdout.count("an assertion of this test failed")
    assert "not three" in done.stdout
    assert 2 == done.stdout.count("this is the course's fault, not yours")
    assert "not reached" not in done.stdout.replace("Skipped: not reached", "")


def test_a_value_that_a_test_cannot_use_is_the_students(solved: Bundle):
    """A published test that raises on what the code returned has found a fault of the code, as in grading."""
    tests = (solved.root / "s00_tiny" / "test_public.py").read_text("utf-8")
    tests += '\n\ndef test_index(student):\n    """Index."""\n    range(9)[int(student.doubled(x=np.nan)["y"])]\n'
    solved.write("s00_tiny/test_public.py", tests)
    done = solved.run("autograder", "check", "s00_tiny")

    assert "a value that your code returned could not be used by this test" in done.stdout
    assert "cannot convert float NaN to integer" in done.stdout
    assert "the course's fault" not in done.stdout


@pytest.mark.slow
def test_pytest_xdist_can_carry_the_findings(bundle: Bundle):
    """A student who runs tests side by side sees the same words."""
    done = bundle.run("pytest", "s00_tiny", "-n", "1")

    assert "NotImplementedError: double" in done.stdout


def test_a_broken_file_of_another_stage_does_not_matter(solved: Bundle):
    """Only what the stage's files import has to be readable."""
    solved.write("scratch/later.py", "def half(:\n")

    assert 0 == solved.run("autograder", "check", "s00_tiny").returncode


def test_a_broken_file_that_is_imported_is_named(solved: Bundle):
    """A syntax error in an imported file is reported with its line."""
    solved.write("scratch/other.py", "x = 1\ndef half(:\n")
    solved.write("scratch/ops.py", "from .other import half\n" + RIGHT)
    done = solved.run("autograder", "check", "s00_tiny")

    assert "(other.py, line 2)" in done.stdout


def test_an_unknown_stage_is_answered_with_the_known_ones(bundle: Bundle):
    """The exit code is 2 and the words suggest a stage."""
    done = bundle.run("autograder", "check", "s00_tin")

    assert "there is no stage 's00_tin'; did you mean s00_tiny? The stages are: s00_tiny." in done.stderr
    assert 2 == done.returncode


def test_a_stage_may_be_named_by_its_number(solved: Bundle):
    """The number of a stage means the stage, in both commands, with or without its leading zero."""
    named = (("check", "s00"), ("submit", "s0"))

    assert [0, 0] == [solved.run("autograder", command, name).returncode for command, name in named]


def test_an_unexpected_fault_is_one_line(solved: Bundle):
    """A fault of the kit is not shown as a traceback; the student reads whom to ask, and the exit code is 3."""
    solved.write(
        "autograder/studentcli/summary.py",
        "def print_check(*given):\n    raise RuntimeError('x')\n\n\nprint_package = print_check\n",
    )
    done = solved.run("autograder", "check", "s00_tiny")

    assert (3, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "RuntimeError: x" in done.stderr
    assert "report this to the teaching team" in done.stderr


def test_ctrl_c_while_checking(solved: Bundle):
    """An interrupt, which pytest keeps to itself: the command ends with 130 and words all the same."""
    solved.write("s00_tiny/test_public.py", "def test_double_worked_example(student):\n    raise KeyboardInterrupt\n")
    done = solved.run("autograder", "check", "s00_tiny")

    assert (130, True) == (done.returncode, "Your files are as they were" in done.stderr)


def test_a_missing_package_is_one_line(solved: Bundle):
    """An environment that is not activated lacks click: one line says so, and the exit code is 2."""
    solved.write("click.py", "raise ModuleNotFoundError('no click', name='click')\n")
    done = solved.run("autograder", "check", "s00_tiny")

    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "click is not installed for this Python: activate the environment" in done.stderr


def test_outside_the_starter_the_words_say_where_to_go(bundle: Bundle):
    """Without course.json nothing is tried."""
    (bundle.root / "course.json").unlink()
    done = bundle.run("autograder", "submit", "s00_tiny")

    assert "go to the folder that you unpacked the starter to" in done.stderr
    assert 2 == done.returncode


def test_submit_writes_the_stages_files_and_nothing_else(solved: Bundle):
    """The zip holds the file's bytes; names, sizes and hashes are printed."""
    done = solved.run("autograder", "submit", "s00_tiny")
    with zipfile.ZipFile(solved.root / "s00_tiny_submission.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}

    assert {"scratch/ops.py": RIGHT.encode()} == packed
    assert hashlib.sha256(RIGHT.encode()).hexdigest()[:16] in done.stdout
    assert f"{len(RIGHT)}" in done.stdout
    assert 0 == done.returncode


def test_submit_writes_the_same_bytes_again(solved: Bundle):
    """Neither the time nor the file's dates are in the zip."""
    archives = []
    for _ in range(2):
        solved.write("scratch/ops.py", RIGHT)
        solved.run("autograder", "submit", "s00_tiny")
        archives.append((solved.root / "s00_tiny_submission.zip").read_bytes())

    assert archives[0] == archives[1]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param(None, "scratch/ops.py is missing", id="missing"),
        pytest.param(b"x = 'caf\xe9'\n", "scratch/ops.py, line 1: this is not UTF-8", id="latin-1"),
        pytest.param(b"x = 1\ndef double(:\n", "scratch/ops.py, line 2: invalid syntax", id="syntax"),
        pytest.param(b"import nowhere\n", "scratch/ops.py, line 1: your files cannot be imported", id="import"),
        pytest.param(b"raise SystemExit\n", "your files cannot be imported: your code ended the program", id="exit"),
        pytest.param(b"x = 1\0\n", "scratch/ops.py", id="nul"),
        pytest.param("starter", "still as handed out, there is nothing to submit yet", id="starter"),
        pytest.param("starter, CRLF", "still as handed out, there is nothing to submit yet", id="starter on Windows"),
    ],
)
def test_submit_refuses_with_a_reason(bundle: Bundle, source: bytes | str | None, words: str):
    """No zip is written, the words say why, and the exit code is 2."""
    if source is None:
        (bundle.root / "scratch/ops.py").unlink()
    elif isinstance(source, bytes):
        bundle.write("scratch/ops.py", source)
    elif source.endswith("CRLF"):
        bundle.write("scratch/ops.py", (bundle.root / "scratch/ops.py").read_bytes().replace(b"\n", b"\r\n"))
    done = bundle.run("autograder", "submit", "s00_tiny")

    assert words in done.stderr
    assert not (bundle.root / "s00_tiny_submission.zip").exists()
    assert 2 == done.returncode


def test_the_starters_copy_imports_only_what_it_has():
    """The copied modules import each other, numpy, pytest, rich, click and the standard library."""
    files = []
    for name in COPIED:
        files += sorted((PACKAGE / name).rglob("*.py")) if (PACKAGE / name).is_dir() else [PACKAGE / name]
    here = {".".join(("autograder", *file.relative_to(PACKAGE).with_suffix("").parts)) for file in files}
    here |= {name.removesuffix(".__init__") for name in here}

    assert [] == [name for file in files for name in imported(file) if not known(name, here)]


def imported(file) -> list[str]:
    """Absolute names that a file imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(str(node.module))
    return names


def known(name: str, here: set[str]) -> bool:
    """Whether the starter's machine has a module."""
    return name in here or name.partition(".")[0] in ALLOWED


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import matplotlib.pyplot as plt", ["scratch/ops.py, line 1", "matplotlib", "standard library and numpy"]),
        ("import pytest", ["scratch/ops.py, line 1", "No module named 'pytest'"]),
        ("open('/etc/hostname')", ["scratch/ops.py, line 1", "not there when your code is graded"]),
    ],
)
def test_what_grading_does_not_have_is_said_before_submitting(solved: Bundle, line: str, words: list[str]):
    """By check and by submit, with the line; no zip is written."""
    solved.write("scratch/ops.py", f"{line}\n{RIGHT}")
    checked, submitted = (solved.run("autograder", command, "s00_tiny") for command in ("check", "submit"))

    assert (1, 2) == (checked.returncode, submitted.returncode)
    assert [] == [word for word in words if word not in checked.stdout or word not in submitted.stderr]
    assert not (solved.root / "s00_tiny_submission.zip").exists()


def test_helpers_are_packed_and_the_rest_is_named(solved: Bundle):
    """What the file imports is in the zip; a file that nothing imports is not, and that is said."""
    solved.write("scratch/helper.py", "def twice(x):\n    return 2 * x\n")
    solved.write("scratch/trial.py", "raise ValueError('an experiment')\n")
    solved.write("scratch/ops.py", "from scratch.helper import twice\n\n\ndef double(x):\n    return twice(x)\n")
    done = solved.run("autograder", "submit", "s00_tiny")
    with zipfile.ZipFile(solved.root / "s00_tiny_submission.zip") as archive:
        names = archive.namelist()

    assert ["scratch/helper.py", "scratch/ops.py"] == names
    assert "scratch/trial.py is not packed" in " ".join(done.stdout.split())


def test_a_cause_is_shown_once(bundle: Bundle):
    """Two tests that fail for one reason show it at the first."""
    bundle.write("scratch/ops.py", "import nowhere\n\n\ndef double(x):\n    return 2 * x\n")
    shown = bundle.run("autograder", "check", "s00_tiny").stdout

    assert 1 == shown.count("No module named 'nowhere'")


def test_a_name_that_is_spelt_otherwise_is_found(solved: Bundle):
    """The name that the file has is named beside the one that the tests want."""
    solved.write("scratch/ops.py", RIGHT.replace("def double", "def Double"))

    assert "has Double, not double" in " ".join(solved.run("autograder", "check", "s00_tiny").stdout.split())


def test_only_some_tests_are_run(solved: Bundle):
    """``--only`` runs the named test, also where it needs another one, and counts its points alone."""
    done = solved.run("autograder", "check", "s00", "--only", "test_double_random")

    assert "This test: 2 of 2 points." in done.stdout
    assert "Not run: 1 other public test of s00_tiny." in done.stdout
    assert "Twice one number" not in done.stdout
    assert 0 == done.returncode


def test_only_may_be_repeated(solved: Bundle):
    """All tests by name are all tests."""
    names = ("--only", "test_double_random", "--only", "test_double_worked_example")

    assert "Public tests: 5 of 5 points." in solved.run("autograder", "check", "s00_tiny", *names).stdout


def test_unknown_tests_are_answered_with_the_known_ones(bundle: Bundle):
    """Every wrong name has a line, with the nearest name; nothing is run; the exit code is 2."""
    done = bundle.run("autograder", "check", "s00", "--only", "test_double_rnadom", "--only", "zzz")

    assert "s00_tiny has no public test 'test_double_rnadom'; did you mean test_double_random?" in done.stderr
    assert "s00_tiny has no public test 'zzz'." in done.stderr
    assert "The public tests are: test_double_worked_example, test_double_random." in done.stderr
    assert "" == done.stdout
    assert 2 == done.returncode
