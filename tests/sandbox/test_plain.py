"""The plain backend and the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from autograder.model import Outcome, Workspace
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Limits, Session, StudentFault

PROBES = b"""
def add(*, a, b):
    from scratch import ops
    return {"sum": ops.add(a, b)}

def echo(**inputs):
    return inputs

def flags(*, x):
    return {"writeable": x.flags.writeable, "aligned": x.flags.aligned}

def run(*, name):
    import importlib
    return {"value": importlib.import_module("scratch.ops").__dict__[name]()}
"""
LIMITS = Limits(cpu_seconds=1, wall_seconds=60)
Open = Callable[..., Session]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[PlainSandbox]:
    sandbox = PlainSandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def start(sandbox: PlainSandbox) -> Iterator[Open]:
    opened: list[Session] = []

    def start(source: str = "", limits: Limits = LIMITS, **files: str) -> Session:
        student = {"scratch/ops.py": "def add(a, b):\n    return a + b\n" + source}
        student |= {path.replace("__", "/") + ".py": text for path, text in files.items()}
        modules = {
            "scratch/__init__.py": b"",
            "probes.py": PROBES,
            **{key: text.encode() for key, text in student.items()},
        }
        session = sandbox.open(Workspace(modules, frozenset(student)), limits)
        opened.append(session)
        return session

    yield start
    for session in opened:
        session.close()


def fault_of(session: Session, name: str) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        session.call("run", {"name": name})
    return caught.value


def test_a_probe_runs_beside_the_submission(start: Open) -> None:
    """A call returns what the probe made of the student's function."""
    reply = start().call("add", {"a": np.array([[1.0, 2.0]]), "b": 0.5})

    assert [[1.5, 2.5]] == reply.outputs["sum"].tolist()  # type: ignore[union-attr]  # an array, as the probe says


def test_plain_values_come_back_unchanged(start: Open) -> None:
    """Every kind of plain value survives the way in and out."""
    values = {
        "none": None,
        "flag": True,
        "count": 3,
        "rate": 0.5,
        "text": "ü" * 2000,
        "list": [1.0] * 5000,
        "pair": (2, 3),
        "d": {"k": [1]},
    }

    assert values == start().call("echo", values).outputs


def test_input_arrays_are_read_only_and_aligned(start: Open) -> None:
    """A probe's arrays cannot be written to."""
    assert {"writeable": False, "aligned": True} == start().call("flags", {"x": np.arange(3.0)}).outputs


def test_an_exception_names_its_type_and_line(start: Open) -> None:
    """ERROR carries the exception's class and the innermost line in the student's file; the session lives on."""
    session = start("def bad():\n    return helper()\ndef helper():\n    raise KeyError('secret')\n")
    fault = fault_of(session, "bad")

    assert (Outcome.ERROR, "KeyError", "scratch/ops.py", 6) == (
        fault.outcome,
        fault.exception_type,
        fault.path,
        fault.line,
    )
    assert session.alive


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("while True: pass", Outcome.TIMED_OUT),
        ("raise SystemExit(0)", Outcome.CRASHED),
        ("import os; os._exit(3)", Outcome.CRASHED),
        ("import ctypes; ctypes.string_at(0)", Outcome.CRASHED),
        ("raise PermissionError('no')", Outcome.FORBIDDEN),
        ("bytearray(1 << 40)", Outcome.OUT_OF_MEMORY),
        ("import os; os.close(3); os.close(4)", Outcome.FORBIDDEN),
        ("import os; os.write(4, b'x' * 100)", Outcome.FORBIDDEN),
        ("import gc; return object()", Outcome.ERROR),
        ("a = []; a.append(a); return a", Outcome.ERROR),
    ],
)
def test_a_bad_ending_has_its_outcome(start: Open, body: str, outcome: Outcome) -> None:
    """A loop, an exit, a crash, a refusal and a forged message have different outcomes."""
    session = start(f"def bad():\n    {body}\n")
    fault = fault_of(session, "bad")

    assert outcome == fault.outcome
    assert (outcome is Outcome.ERROR) == session.alive


@pytest.mark.parametrize(
    ("source", "outcome", "name"),
    [
        ("1 / 0", Outcome.ERROR, "ZeroDivisionError"),
        ("def (", Outcome.ERROR, "SyntaxError"),
        ("import no_such_module", Outcome.ERROR, "ModuleNotFoundError"),
        ("while True: pass", Outcome.TIMED_OUT, ""),
        ("raise SystemExit", Outcome.CRASHED, "SystemExit"),
    ],
)
def test_a_failing_import_shows_when_opening(start: Open, source: str, outcome: Outcome, name: str) -> None:
    """What happens at import is found before the first call."""
    with pytest.raises(StudentFault) as caught:
        start(source)

    assert (outcome, name) == (caught.value.outcome, caught.value.exception_type)


def test_extra_modules_shadow_nothing(start: Open) -> None:
    """A numpy.py, probes or json of the student's is not imported instead of the real one."""
    session = start(
        "import numpy, json\ndef ok():\n    return numpy.__name__ + json.dumps(1)\n", numpy="1/0", json="1/0"
    )

    assert {"value": "numpy1"} == session.call("run", {"name": "ok"}).outputs


def test_extra_modules_relative_imports_dataclasses_and_source_work(start: Open) -> None:
    """Helpers of the student's own, relative imports, dataclasses and inspect.getsource work from memory."""
    source = """
from dataclasses import dataclass
import inspect
from . import other
import helper
@dataclass
class Point:
    x: int = 1
def ok():
    return [Point().x, other.two, helper.three, inspect.getsource(add).splitlines()[0], len(inspect.getsource(Point))]
"""
    session = start(source, scratch__other="two = 2\n", helper="three = 3\n")

    assert {"value": [1, 2, 3, "def add(a, b):", 39]} == session.call("run", {"name": "ok"}).outputs


def test_output_belongs_to_its_call_and_is_bounded(start: Open) -> None:
    """Each reply carries what was printed during its call, cut at the limit."""
    session = start("def hi():\n    print('hi')\ndef flood():\n    print('x' * 10**6)\n")

    assert "hi\n" == session.call("run", {"name": "hi"}).printed
    assert 64 << 10 == len(session.call("run", {"name": "flood"}).printed)
    assert "hi\n" == session.call("run", {"name": "hi"}).printed


def test_the_plain_backend_is_not_official(sandbox: PlainSandbox) -> None:
    """Marks made without isolation are never official."""
    assert not sandbox.official
