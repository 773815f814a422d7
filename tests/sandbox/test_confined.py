"""The confined backend: its isolation from inside and outside, its clocks, its outcomes."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.errors import SandboxFault
from autograder.model import Outcome, Workspace
from autograder.runner import exchange
from autograder.runner.protocol import Limits, StudentFault
from autograder.runner.runtimes import NUMPY, TORCH
from autograder.sandbox.confined import ConfinedSandbox
from autograder.sandbox.confined_session import ConfinedSession
from autograder.sandbox.select import DoctorReport, build, doctor
from tests.hostile.judge import count_descriptors

PROBES = b"""
def run(*, x=None):
    from scratch import ops
    return {"value": ops.run(x)}
"""
LIMITS = Limits(cpu_seconds=1, wall_seconds=60, memory_mib=256)
REPORT = doctor()
pytestmark = pytest.mark.skipif(REPORT.strength == "plain", reason="this machine has no isolation to test")


def variants() -> dict[str, DoctorReport]:
    """Every confined backend that this machine and user can have."""
    weaker = dataclasses.replace(REPORT, strength="container", namespaces="", user_base=0)
    return {"full": REPORT, "container": weaker} if REPORT.strength == "full" else {"container": weaker}


@pytest.fixture(scope="module", params=variants().keys())
def sandbox(request: pytest.FixtureRequest) -> Iterator[ConfinedSandbox]:
    sandbox = build(variants()[request.param], NUMPY)
    yield sandbox
    sandbox.close()


def submission(source: str) -> Workspace:
    modules = {"probes.py": PROBES, "scratch/ops.py": source.encode()}
    return Workspace(modules, frozenset({"scratch/ops.py"}))


@pytest.fixture
def opened(sandbox: ConfinedSandbox, request: pytest.FixtureRequest) -> Iterator[ConfinedSession]:
    session = sandbox.open(submission(request.param), LIMITS)
    yield session
    session.close()


def fault_of(session: ConfinedSession) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        session.call("run", {})
    return caught.value


@pytest.mark.parametrize("opened", ["def run(x):\n    return x * 2"], indirect=True)
def test_an_honest_call_is_answered(opened: ConfinedSession) -> None:
    """Arrays go in and come out, with time and memory measured from outside."""
    reply = opened.call("run", {"x": np.arange(3.0)})

    assert [0.0, 2.0, 4.0] == np.asarray(reply.outputs["value"]).tolist()
    assert reply.usage.memory_mib > 5


@pytest.mark.parametrize(
    ("opened", "outcome", "alive"),
    [
        ("def run(x):\n    raise ValueError", Outcome.ERROR, True),
        ("def run(x):\n    while True: pass", Outcome.TIMED_OUT, False),
        ("def run(x):\n    return bytearray(1 << 40)", Outcome.OUT_OF_MEMORY, False),
        ("import os\ndef run(x):\n    os._exit(3)", Outcome.CRASHED, False),
        ("import ctypes\ndef run(x):\n    ctypes.string_at(0)", Outcome.CRASHED, False),
        ("def run(x):\n    raise SystemExit", Outcome.CRASHED, False),
        ("import os\ndef run(x):\n    os.fork()", Outcome.FORBIDDEN, False),
        ("import os\ndef run(x):\n    os.write(3, b'x' * 30)", Outcome.FORBIDDEN, False),
        ("import os\ndef run(x):\n    os.close(3)", Outcome.FORBIDDEN, False),
    ],
    indirect=["opened"],
)
def test_each_ending_has_its_outcome(opened: ConfinedSession, outcome: Outcome, alive: bool) -> None:
    """Exceptions, loops, lack of memory, crashes and breaches differ; only an exception leaves it alive."""
    assert (outcome, alive) == (fault_of(opened).outcome, opened.alive)


@pytest.mark.parametrize("opened", ["import time\ndef run(x):\n    time.sleep(60)"], indirect=True)
def test_a_sleeper_meets_the_clock(opened: ConfinedSession) -> None:
    """Time on the clock is bounded too, not only that of the processor."""
    opened._limits = dataclasses.replace(LIMITS, wall_seconds=0.2)

    assert Outcome.TIMED_OUT == fault_of(opened).outcome


BUSY = "import time\ndef run(x):\n    end = time.process_time() + 0.1\n    while time.process_time() < end: pass"


@pytest.mark.parametrize("opened", [BUSY], indirect=True)
def test_processor_time_is_read_from_outside(opened: ConfinedSession) -> None:
    """A call that computes for 0.1 s is charged at least that."""
    assert opened.call("run", {}).usage.cpu_seconds >= 0.1


@pytest.mark.parametrize("opened", ["def run(x):\n    return float(bytearray(100 << 20)[5])"], indirect=True)
def test_the_peak_of_memory_is_that_of_the_call(opened: ConfinedSession) -> None:
    """100 MiB that were freed before the reply are seen all the same."""
    assert opened.call("run", {}).usage.memory_mib > 100


NAMED = """import ctypes
def run(x):
    held = bytearray(100 << 20)
    ctypes.CDLL(None).prctl(15, b"VmHWM:1 kB", 0, 0, 0)
    return len(held)
"""


@pytest.mark.parametrize("opened", [NAMED], indirect=True)
def test_a_name_of_a_thread_is_no_peak_of_memory(opened: ConfinedSession) -> None:
    """The record has what the kernel counted, not what the process calls itself."""
    assert opened.call("run", {}).usage.memory_mib > 100


HONEST = {
    "integer": "math.factorial(300)",
    "axes": "np.zeros((1,) * 9)",
    "text": "'x' * (9 << 20)",
    "key": "{'k' * 201: 1}",
    "many": "[[[1] * 31] * 31] * 30",
    "levels": "[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]",
}


@pytest.mark.parametrize(
    "opened",
    [f"import math\nimport numpy as np\ndef run(x):\n    return {value}" for value in HONEST.values()],
    indirect=True,
    ids=HONEST,
)
def test_an_honest_value_over_a_limit_is_an_error(opened: ConfinedSession) -> None:
    """It is named as a value that was returned, not as an attack, and the process is kept."""
    fault = fault_of(opened)

    assert (Outcome.ERROR, "TooLargeError", True) == (fault.outcome, fault.exception_type, opened.alive)


@pytest.mark.parametrize("opened", ["import numpy as np\ndef run(x):\n    return np.longdouble(1.5)"], indirect=True)
def test_a_long_double_is_a_number(opened: ConfinedSession) -> None:
    """It arrives in double precision."""
    assert 1.5 == float(np.asarray(opened.call("run", {}).outputs["value"]))


@pytest.mark.parametrize(
    ("opened", "reason"),
    [
        ("import os\ndef run(x):\n    os._exit(77)", "your code ended the program"),
        (
            "import os, struct\ndef run(x):\n    os.write(3, struct.pack('<4sIIQ', b'AGW1', 987654, 0, 0))",
            "your code corrupted the connection to the grader: unexpected kind",
        ),
    ],
    indirect=["opened"],
)
def test_no_number_of_the_students_choice_is_in_a_sentence(opened: ConfinedSession, reason: str) -> None:
    """Exit codes, signals and kinds of messages could carry hidden inputs to the student's page."""
    assert reason == fault_of(opened).reason


def test_signals_are_words() -> None:
    """Those of a crash have their names; any other is a choice of the student's."""
    assert "your code crashed with SIGSEGV" == exchange.classify(-11)[1]
    assert {"your code was ended by a signal"} == {exchange.classify(-number)[1] for number in (10, 12, 34, 64)}


EARLY_BYTE = """import os, time
def run(x):
    os.write(3, b"A")
    {}
"""


@pytest.mark.parametrize(
    "opened",
    [
        EARLY_BYTE.format("while True: pass"),
        EARLY_BYTE.format("while time.process_time() < 60: os.write(3, b'G' * (time.process_time() % 1 < 0.001))"),
    ],
    indirect=True,
    ids=["silent", "drip"],
)
def test_processor_time_is_limited_to_the_last_byte(opened: ConfinedSession) -> None:
    """The first byte of a reply ends no limit: a loop after it is stopped by CPU time, long before the clock."""
    opened._limits = dataclasses.replace(LIMITS, cpu_seconds=0.2)
    fault = fault_of(opened)

    assert Outcome.TIMED_OUT == fault.outcome
    assert fault.reason.endswith("0.2 seconds of processor time for one call")


LATE = "import time\ndef run(x):\n    while time.process_time() < 0.4: pass"


@pytest.mark.parametrize("opened", [LATE], indirect=True)
def test_a_reply_over_the_limit_is_late(opened: ConfinedSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the whole reply is there before the clocks are looked at, the time that it took still counts."""
    opened._limits = dataclasses.replace(LIMITS, cpu_seconds=0.1)
    monkeypatch.setattr(opened, "_check", lambda current: 60.0)

    assert Outcome.TIMED_OUT == fault_of(opened).outcome


BURNER = """import threading
def burn():
    while True: pass
def run(x):
    threading.Thread(target=burn, daemon=True).start()
"""


@pytest.mark.parametrize("opened", [BURNER], indirect=True)
def test_a_frozen_process_uses_no_time(opened: ConfinedSession) -> None:
    """A thread that was left running is stopped while another is measured."""
    opened.call("run", {})
    opened.freeze()
    threads = Path(f"/proc/{opened.process_id}/task")
    # the signal arrives at each thread by itself
    _wait_until(lambda: {"T"} == {_state(f"{opened.process_id}/task/{thread.name}") for thread in threads.iterdir()})
    before = opened.cpu_seconds()
    time.sleep(0.1)

    assert before == opened.cpu_seconds()
    opened.thaw()


@pytest.mark.parametrize("opened", ["def run(x):\n    pass"], indirect=True)
def test_a_process_is_shut_in_as_seen_from_outside(opened: ConfinedSession) -> None:
    """No capabilities, no new privileges, a filter, and no descriptors but its own four."""
    status = Path(f"/proc/{opened.process_id}/status").read_text()
    fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)

    assert ("0" * 16, "1", "2") == (fields["CapEff"], fields["NoNewPrivs"], fields["Seccomp"])
    assert ["0", "1", "2", "3"] == sorted(path.name for path in Path(f"/proc/{opened.process_id}/fd").iterdir())


def test_a_failed_import_leaves_nothing_behind(sandbox: ConfinedSandbox) -> None:
    """A submission that cannot be opened gives back its slot, its process and its descriptors."""
    before = count_descriptors()
    with pytest.raises(StudentFault):
        sandbox.open(submission("1 / 0"), LIMITS)

    assert (before, {}) == (count_descriptors(), sandbox._slots)


def test_a_session_may_be_closed_twice(sandbox: ConfinedSandbox) -> None:
    """Closing again does nothing; calling after that is a fault of ours, not of the student."""
    session = sandbox.open(submission("def run(x):\n    pass"), LIMITS)
    session.close()
    session.close()

    with pytest.raises(SandboxFault):
        session.call("run", {})


def test_the_end_of_the_fork_server_is_our_fault() -> None:
    """When the fork server is killed no student is blamed."""
    sandbox = build(REPORT, NUMPY)
    session = sandbox.open(submission("def run(x):\n    while True: pass"), LIMITS)
    sandbox._fork_server.process.kill()
    sandbox._fork_server.process.wait()

    with pytest.raises(SandboxFault):
        session.call("run", {})
    with pytest.raises(SandboxFault):
        sandbox.open(submission(""), LIMITS)
    sandbox.close()


def test_the_warm_parent_remembers_no_student() -> None:
    """After thirty submissions the fork server's memory holds no byte of any, nor of their inputs."""
    if os.getuid() != 0:
        pytest.skip("only root may read the memory of a process that hides it")
    sandbox = build(REPORT, NUMPY)
    for number in range(30):
        session = sandbox.open(submission(f"MARK = 'student-{number}-MARK'\ndef run(x):\n    return x"), LIMITS)
        session.call("run", {"x": f"input-{number}-MARK"})
        session.close()
    # built at run time, so that no code object of anybody holds them
    marks = [f"-{number}-{'mark'.upper()}".encode() for number in range(30)]
    server = _forking_process(sandbox)
    memory = _memory_of(server)
    found = [mark for mark in marks if mark in memory]
    known = b"_child" in memory
    sandbox.close()

    assert ([], True) == (found, known)


def _forking_process(sandbox: ConfinedSandbox) -> int:
    started = sandbox.fork_server_id
    children = Path(f"/proc/{started}/task/{started}/children").read_text().split()
    return int(children[0]) if children else started


def _memory_of(process_id: int) -> bytes:
    parts = []
    with open(f"/proc/{process_id}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{process_id}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(number, 16) for number in span.split("-"))
            memory.seek(start)
            parts.append(memory.read(end - start))
    return b"".join(parts)


TRAINING = """
import io
import torch
def run(x):
    torch.manual_seed(1)
    layers = torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(72, 3)
    model = torch.nn.Sequential(*layers)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    data = torch.utils.data.TensorDataset(torch.from_numpy(x.copy()).float(), torch.arange(4) % 3)
    for images, labels in torch.utils.data.DataLoader(data, batch_size=2):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimiser.step()
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    model.load_state_dict(torch.load(file))
    torch.nn.LSTM(3, 2)(torch.zeros(2, 1, 3))
    return model.eval()(torch.from_numpy(x.copy()).float())
"""


FIRST_STEP = """
import sys
import torch
def run(x):
    weight = torch.nn.Parameter(torch.from_numpy(x.copy()))
    weight.sum().backward()
    before = set(sys.modules)
    torch.optim.SGD([weight], lr=0.1, momentum=0.9).step()
    new = sorted(name for name in set(sys.modules) - before if name.partition(".")[0] == "torch")
    return {"imported": new, "threads": torch.get_num_threads(), "weight": weight.detach().numpy()}
"""


@pytest.fixture(scope="module")
def torch_sandbox() -> Iterator[ConfinedSandbox]:
    """A sandbox with torch; its fork server takes seconds to start."""
    pytest.importorskip("torch")
    sandbox = build(REPORT, TORCH)
    yield sandbox
    sandbox.close()


@pytest.mark.slow
def test_first_step_of_an_optimiser_imports_nothing(torch_sandbox: ConfinedSandbox) -> None:
    """torch._dynamo is imported before the fork: it takes 1.5 s of CPU time, which every submission would pay."""
    session = torch_sandbox.open(submission(FIRST_STEP), dataclasses.replace(LIMITS, cpu_seconds=20, wall_seconds=60))
    value = session.call("run", {"x": np.ones(3)}).outputs["value"]
    session.close()

    assert isinstance(value, dict)
    assert ([], 1) == (value["imported"], value["threads"])
    assert [0.9] * 3 == pytest.approx(list(value["weight"]))


@pytest.mark.slow
def test_torch_trains_child(torch_sandbox: ConfinedSandbox) -> None:
    """A torch stage trains, saves and loads a model; two processes agree to the last bit."""
    sandbox = torch_sandbox
    images = np.random.default_rng(1).standard_normal((4, 1, 8, 8))
    answers = []
    for _ in range(2):
        session = sandbox.open(submission(TRAINING), dataclasses.replace(LIMITS, cpu_seconds=20, wall_seconds=60))
        answers.append(np.asarray(session.call("run", {"x": images}).outputs["value"]))
        session.close()

    assert (4, 3) == answers[0].shape
    assert answers[0].tobytes() == answers[1].tobytes()


LOOPER = """
import sys
from autograder.model import Workspace
from autograder.runner.protocol import Limits
from autograder.runner.runtimes import NUMPY
from autograder.sandbox.select import DoctorReport, build

sandbox = build(DoctorReport(sys.argv[1], sys.argv[2], int(sys.argv[3]), ()), NUMPY)
probes = {"probes.py": b"def loop():\\n    while True: pass"}
session = sandbox.open(Workspace(probes, frozenset()), Limits(cpu_seconds=60, wall_seconds=60))
print(sandbox.fork_server_id, session.process_id, flush=True)
session.call("loop", {})
"""


@pytest.mark.parametrize("report", variants().values(), ids=variants().keys())
def test_a_killed_tester_takes_everything_with_it(report: DoctorReport) -> None:
    """After kill -9 of the tester neither the fork server nor a looping submission goes on."""
    command = [sys.executable, "-c", LOOPER, report.strength, report.namespaces, str(report.user_base)]
    tester = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert tester.stdout is not None
    numbers = [int(word) for word in tester.stdout.readline().split()]
    tester.kill()
    tester.wait()
    tester.stdout.close()
    _wait_until(lambda: not any(map(_is_running, numbers)))

    assert (2, [False, False]) == (len(numbers), list(map(_is_running, numbers)))


def _is_running(process_id: int) -> bool:
    """Whether a process exists and is more than an entry that nobody has asked for yet."""
    return _state(process_id) not in "ZX"


def _state(process_id: int | str) -> str:
    """The kernel's letter for a process, or a thread of it (``12/task/13``); X where there is none."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return "X"
    return status.rpartition(")")[2].split()[0]


def _wait_until(condition: Callable[[], bool]) -> None:
    """Wait as long as a loaded machine may take; the test asserts afterwards."""
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.skipif(not REPORT.user_base, reason="submissions have no user ids of their own here")
def test_threads_of_another_tester_do_not_count() -> None:
    """The kernel counts by user id: each sandbox has ids of its own, so two graders side by side share no limit."""
    code = b"""
import threading, time

def run(x):
    for _ in range(3):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return threading.active_count()
"""
    workspace = Workspace({"probes.py": PROBES, "scratch/__init__.py": b"", "scratch/ops.py": code}, frozenset())
    limits = dataclasses.replace(LIMITS, processes=4)
    first, second = build(REPORT, NUMPY), build(REPORT, NUMPY)
    try:
        counts = [one.open(workspace, limits).call("run", {}).outputs["value"] for one in (first, second)]
    finally:
        first.close()
        second.close()

    assert [4, 4] == counts
