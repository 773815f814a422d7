"""A test with state of its own is refused when tests are collected, with its line and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from autograder.model import Visibility
from autograder.tester.cases import Case
from autograder.tester.grading_harness import GradingHarness
from autograder.tester.statewatch import StateWatch
from autograder.tester.suite import collect_and_serve, suite_files
from tests.builders.course import HIDDEN, STAGE, write_course

FUNCTIONS = "allowed: plain functions, parametrize, needs, our fixtures, and fixtures of this file with function scope"
VALUES = "allowed: values that no test changes; make the value within the test, or in a fixture with function scope"
MESSAGES = "allowed: words, and values that the test has chosen itself"
REFUSED = {
    "global": ("N = 0\ndef test_x(student):\n    global N\n    N += 1", 3, "test_x: global N", VALUES),
    "list": ("SEEN = []\ndef test_x(student):\n    SEEN.append(1)", 3, "test_x: SEEN is changed", VALUES),
    "dict": ("SEEN = {}\ndef test_x(student):\n    SEEN['x'] = 1", 3, "test_x: SEEN is changed", VALUES),
    "inner": ("SEEN = {'x': []}\ndef test_x(student):\n    SEEN['x'].append(1)", 3, "test_x: SEEN is changed", VALUES),
    "attribute": ("def test_x(student):\n    test_x.runs = 1", 2, "test_x: test_x is changed", VALUES),
    "loop": ("X = [0]\ndef test_x(student):\n    for X[0] in (1, 2):\n        pass", 3, "test_x: X is changed", VALUES),
    "helper": (
        "SEEN = []\ndef note():\n    SEEN.append(1)\ndef test_x(student):\n    note()",
        3, "note: SEEN is changed", VALUES,
    ),
    "parameter": (
        "@pytest.mark.parametrize(('a', 'b'), [([], 1)])\ndef test_x(student, a, b):\n    a.append(b)",
        3, "test_x: a is changed", VALUES,
    ),
    "generator": (
        "import numpy as np\nRNG = np.random.default_rng(0)\ndef test_x(student):\n    RNG.random()",
        4, "test_x: RNG gives other values each time that it is used", VALUES,
    ),
    "default": ("def help(x=[]):\n    return x", 1, "help: a default value that can be changed", VALUES),
    "cache": (
        "import functools\n@functools.lru_cache\ndef help(x):\n    return x",
        2, "help: results that are kept from one call to the next", VALUES,
    ),
    "hook": ("def setup_module():\n    pass", 1, "setup_module: code that is run around the tests", FUNCTIONS),
    "class": (
        "class TestX:\n    def setup_class(cls):\n        pass\n    def test_y(self, student):\n        pass",
        1, "TestX: a class with tests or set-up methods", FUNCTIONS,
    ),
    "unittest": (
        "import unittest\nclass X(unittest.TestCase):\n    def test_y(self):\n        pass",
        2, "X: a class with tests or set-up methods", FUNCTIONS,
    ),
    "module fixture": (
        "@pytest.fixture(scope='module')\ndef kept():\n    return []\ndef test_x(student, kept):\n    pass",
        4, "test_x: the fixture kept with scope module", FUNCTIONS,
    ),
    "automatic fixture": (
        "@pytest.fixture(scope='session', autouse=True)\ndef kept():\n    yield\ndef test_x(student):\n    pass",
        4, "test_x: the fixture kept with scope session", FUNCTIONS,
    ),
    "indirect": (
        "@pytest.fixture(scope='module')\ndef kept():\n    return []\n@pytest.fixture\n"
        "def more(kept):\n    return kept\ndef test_x(student, more):\n    pass",
        7, "test_x: the fixture kept with scope module", FUNCTIONS,
    ),
    "pytest's": (
        "def test_x(student, tmp_path_factory):\n    pass",
        1, "test_x: the fixture tmp_path_factory of tmpdir", FUNCTIONS,
    ),
    "skip": ("@pytest.mark.skip\ndef test_x(student):\n    pass", 1, "test_x: the marker skip", FUNCTIONS),
    "xfail": ("@pytest.mark.xfail\ndef test_x(student):\n    pass", 1, "test_x: the marker xfail", FUNCTIONS),
    "text of a message": (
        "def test_x(student):\n    result = student.double(x=1)\n    for name in result['names']:\n"
        "        assert_that(False, f'{name} is wrong')",
        4, "test_x: the message has name, which a student's code returned", MESSAGES,
    ),
    "number in a message": (
        "def test_x(student):\n    y = student.double(x=1)['y']\n    words = f'it is {y[0]:.9g}'\n"
        "    assert_that(y.any(), words)",
        4, "test_x: the message has y[0], which a student's code returned", MESSAGES,
    ),
    "label": (
        "def test_x(student):\n    found = student.double(x=1)\n    for key, value in found['grads'].items():\n"
        "        assert_close(value, 1, label=f'grad of {key}', rtol=1e-9)",
        4, "test_x: the message has key, which a student's code returned", MESSAGES,
    ),
    "str": (
        "def test_x(student):\n    assert_that(False, str(student.double(x=1)))",
        2, "test_x: the message has str(student.double(x=1)), which a student's code returned", MESSAGES,
    ),
    "plugins": ("pytest_plugins = ['x']", 1, "pytest_plugins: other plugins", FUNCTIONS),
}  # fmt: skip  # a case is a row
ACCEPTED = {
    "local": (
        "def test_x(student):\n    seen = []\n    seen.append(1)\n    seen[0] = 2\n    for seen[0] in (1,):\n"
        "        pass"
    ),
    "copied": (
        "@pytest.mark.parametrize('a', [{}])\ndef test_x(student, a):\n    a = dict(a)\n    a['x'] = 1\n"
        "    a.update(y=2)"
    ),
    "shadowed": "SEEN = []\ndef test_x(student, SEEN=None):\n    SEEN = []\n    SEEN.append(1)",
    "fixture": "@pytest.fixture\ndef fresh(rng):\n    return [rng]\ndef test_x(student, fresh):\n    fresh.append(1)",
    "parametrised fixture": (
        "@pytest.fixture(params=[1, 2])\ndef size(request):\n    return request.param\n"
        "def test_x(student, size):\n    pass"
    ),
    "names of outputs": (
        "def test_x(student, x=2):\n    for name, value in student.double(x=x).items():\n"
        "        assert_that(value.any(), f'{name} of {x} is 0')"
    ),
    "chosen values": (
        "def test_x(student):\n    sizes = [1, 2]\n    for size, y in zip(sizes, student.double(x=1)['y']):\n"
        "        assert_that(y, f'size {size} of {len(sizes)}')"
    ),
    "numpy": "import numpy as np\nA = np.zeros(3)\ndef test_x(student):\n    np.append(A, 1)\n    np.sort(A)",
}


def collected(tmp_path: Path, added: str) -> tuple[list[str], list[Case]]:
    """The problems and the cases of the tiny stage with a piece of code at the end of its hidden tests."""
    stage = write_course(tmp_path).stage(STAGE)
    stage.hidden_tests.write_text(f"{HIDDEN}\n{added}\n", encoding="utf-8")  # after the check of points and names
    cases: list[Case] = []

    def keep(found: Sequence[Case]) -> None:
        cases.extend(found)

    harness = GradingHarness(cast("Any", None), cast("Any", None))  # nothing is called
    return collect_and_serve(suite_files(stage), harness, keep), cases


@pytest.mark.parametrize("name", REFUSED)
def test_state_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is served, and the words name file, line, test, what and what is allowed."""
    code, line, words, allowed = REFUSED[name]
    problems, cases = collected(tmp_path, code)
    first = HIDDEN.count("\n") + 1

    assert f"solutions/{STAGE}/test_hidden.py:{first + line}: {words}; {allowed}" in problems
    assert all(problem.endswith(allowed) for problem in problems)
    assert [] == cases


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_leaves_nothing_behind_is_accepted(tmp_path: Path, name: str) -> None:
    """Own values, copies of parameters and fixtures with function scope."""
    problems, cases = collected(tmp_path, ACCEPTED[name])

    assert [] == problems
    assert "test_x" in {case.name for case in cases}


KEPT = {
    "alias": ("SEEN = []\ndef test_x(student):\n    seen = SEEN\n    seen.append(1)", "SEEN"),
    "new name": ("def test_x(student):\n    globals()['NEW'] = 1", "NEW"),
    "array": (
        "import numpy as np\nA = np.zeros(2)\ndef test_x(student):\n    np.copyto(A, 1.0)", "A",
    ),
    "class": (
        "class Box:\n    seen = []\ndef test_x(student):\n    box = Box()\n    box.seen.append(1)", "Box.seen",
    ),
    "parameter": (
        "@pytest.mark.parametrize('a', [{}])\ndef test_x(student, a):\n    b = a\n    b['x'] = 1", "a",
    ),
    "default": (
        "def help(x=dict()):\n    x['x'] = 1\ndef test_x(student):\n    help()", "help.a default value",
    ),
    "nothing": ("A = [1, 2]\ndef test_x(student):\n    sorted(A)", ""),
}  # fmt: skip  # a case is a row


@pytest.mark.parametrize("name", KEPT)
def test_what_the_text_does_not_show_is_seen_in_a_dry_run(tmp_path: Path, name: str) -> None:
    """The name of the value that a test leaves changed; none where it leaves all as it was."""
    code, changed = KEPT[name]
    problems, cases = collected(tmp_path, code)
    case = next(case for case in cases if case.name == "test_x")
    item = cast("pytest.Function", case.item)
    _, names = StateWatch().run(case, lambda: item.obj(student=None, **case.parameters))

    assert [] == problems
    assert ((changed,) if changed else ()) == names


def test_visibility_is_that_of_the_file_as_it_was_asked_for(tmp_path: Path) -> None:
    """The file's name decides nothing."""
    _, cases = collected(tmp_path, "")

    assert {"test_double_of_one": Visibility.PUBLIC, "test_double": Visibility.HIDDEN}.items() <= {
        case.name: case.visibility for case in cases
    }.items()


def test_a_file_that_skips_itself_is_a_problem(tmp_path: Path) -> None:
    """Its tests would be left out silently."""
    problems, cases = collected(tmp_path, "pytest.skip('not today', allow_module_level=True)")

    assert "not today" in "".join(problems)
    assert [] == cases
