"""What a student's machine lacks for a stage, in one line, and the device that PyTorch can use."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import pytest

from autograder.errors import UsageError
from autograder.studentcli import machine
from autograder.studentcli.machine import Device, choose_device, how_to_install, missing_packages, require_packages
from autograder.studentcli.notebook import Unwritten
from autograder.testing.public_course import PublicCourse, read_public_course
from tests.studentcli.conftest import Bundle

AS_GRADED = "on the CPU, as when graded."
YOURS = f"{AS_GRADED} PyTorch finds a GPU for your own training:"
NO_GPU = "on the CPU: PyTorch finds no GPU of NVIDIA here."
ABSENT = "torch_that_nobody_has"


@pytest.fixture
def course(bundle: Bundle) -> PublicCourse:
    """A course whose stage needs a package that is not installed."""
    return needing(bundle, ["numpy", ABSENT])


def needing(bundle: Bundle, packages: list[str], device: str = "cpu") -> PublicCourse:
    """The tiny course, whose stage runs on these packages."""
    content = json.loads((bundle.root / "course.json").read_text("utf-8"))
    content["stages"]["s00_tiny"] |= {"packages": packages, "device": device}
    bundle.write("course.json", json.dumps(content))
    return read_public_course(bundle.root)


@pytest.mark.parametrize("command", ["check", "submit"])
def test_a_missing_package_is_one_line(bundle: Bundle, course: PublicCourse, command: str):
    """``check`` and ``submit`` say what to run, and end as for other missing set-up."""
    done = bundle.run("autograder", command, "s00_tiny")

    assert 2 == done.returncode
    words = " ".join(done.stderr.split())
    assert f"s00_tiny needs {ABSENT}, which is not installed: run pip install -r requirements-torch.txt" in words
    assert "Traceback" not in done.stdout + done.stderr
    assert not (bundle.root / "s00_tiny_submission.zip").exists()


def test_installed_packages_are_found(bundle: Bundle):
    """Nothing is said where nothing is missing."""
    require_packages(needing(bundle, ["numpy", "pytest"]).stage("s00_tiny"))


def test_packages_are_in_their_file():
    """The requirements of every stage have numpy; PyTorch and its company are in a file of their own."""
    assert how_to_install(["numpy"]) == "pip install -r requirements.txt"
    assert how_to_install(["torch", "tensorboard"]) == "pip install -r requirements-torch.txt"
    assert how_to_install(["numpy", "torch"]) == "pip install -r requirements.txt -r requirements-torch.txt"
    assert [ABSENT] == missing_packages(["numpy", ABSENT])


def test_several_missing_packages_are_worded(bundle: Bundle):
    """One and several are worded apart."""
    with pytest.raises(UsageError, match=r"needs absent_1, absent_2, which are not installed"):
        require_packages(needing(bundle, ["absent_1", "absent_2"]).stage("s00_tiny"))


def fake_torch(monkeypatch: pytest.MonkeyPatch, *, cuda: Any, mps: bool = False) -> None:
    """A torch with or without a GPU."""
    torch = types.ModuleType("torch")
    torch.cuda = types.SimpleNamespace(is_available=cuda, get_device_name=lambda _: "H9 mini")  # type: ignore[attr-defined]
    torch.backends = types.SimpleNamespace(mps=types.SimpleNamespace(is_available=lambda: mps))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(machine, "version", lambda name: "2.13.0")


def broken() -> bool:
    """As a driver that is too old."""
    raise RuntimeError("CUDA driver version is insufficient")


@pytest.mark.parametrize(
    ("device", "cuda", "mps", "name", "words"),
    [
        ("cpu", lambda: True, False, "cpu", f"{YOURS} H9 mini."),
        ("cpu", lambda: False, True, "cpu", f"{YOURS} the Mac's own (mps)."),
        ("cpu", lambda: False, False, "cpu", f"{AS_GRADED} PyTorch finds no GPU here."),
        ("any", lambda: True, False, "cuda", "on the GPU: H9 mini."),
        ("any", broken, False, "cpu", f"{NO_GPU} Graded on a GPU where there is one."),
        ("gpu", lambda: False, True, "cpu", f"{NO_GPU} Graded on a GPU."),
    ],
    ids=["cpu with cuda", "cpu with mps", "cpu alone", "any with cuda", "any with a broken driver", "gpu with mps"],
)  # fmt: skip
def test_the_device_is_named(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, device: str, cuda: Any, mps: bool, name: str, words: str
) -> None:
    """A GPU is used where the stage computes on one; a driver that fails is no GPU."""
    stage = needing(bundle, ["numpy", "torch"], device).stage("s00_tiny")
    fake_torch(monkeypatch, cuda=cuda, mps=mps)

    assert Device(name, f"The tests compute {words}") == choose_device(stage)


def test_probes_read_the_device(bundle: Bundle) -> None:
    """``check`` gives it to the student's process."""
    bundle.write(
        "scratch/ops.py",
        "import os\n\ndef double(x):\n    print('on', os.environ['AUTOGRADER_DEVICE'])\n    return x + x\n",
    )

    assert "  on cpu" in bundle.run("autograder", "check", "s00_tiny").stdout


def test_a_stage_without_torch_says_nothing_of_devices(bundle: Bundle):
    """There is no device to choose with numpy."""
    assert Device() == choose_device(needing(bundle, ["numpy"]).stage("s00_tiny"))


class Shell:
    """A notebook's shell that notes what it is asked to show."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.shown: list[str] = []

    def showtraceback(self, exc_tuple: Any, tb_offset: int | None = None) -> None:
        """Note the exception."""
        self.shown.append(str(exc_tuple[1]))


def explained(course: PublicCourse, cell: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, list[str]]:
    """Run a cell that raises; what was printed, and what was shown as a traceback."""
    shell = Shell()
    unwritten = Unwritten(course, "history")
    with pytest.raises(ImportError) as raised:
        exec(cell, shell.user_ns)
    trace = raised.value.__traceback__
    assert trace is not None
    assert trace.tb_next is not None
    unwritten.explain(shell, raised.type, raised.value, trace.tb_next)  # type: ignore[arg-type]
    return capsys.readouterr().out.strip(), shell.shown


def test_a_notebook_says_what_to_install(course: PublicCourse, capsys: pytest.CaptureFixture[str]):
    """In place of a traceback."""
    printed, shown = explained(course, f"import {ABSENT}", capsys)

    assert f"{ABSENT} is not installed. Run pip install -r requirements-torch.txt, then restart the kernel." == printed
    assert [] == shown


def test_a_notebook_goes_on_where_a_stage_is_not_open(
    course: PublicCourse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A module of a later stage is not there yet; any other import that fails is shown as usual."""
    monkeypatch.syspath_prepend(str(course.root))
    monkeypatch.delitem(sys.modules, "scratch", raising=False)

    printed, shown = explained(course, "from scratch.later import Layer", capsys)
    assert printed.startswith("scratch.later is not in this bundle yet: it comes with a later stage.")
    assert [] == shown

    printed, shown = explained(course, "import nobodys_module", capsys)
    assert "" == printed
    assert ["No module named 'nobodys_module'"] == shown


def test_a_students_own_missing_module_is_shown(
    bundle: Bundle, course: PublicCourse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A wrong name in a student's file is theirs to mend, and is no later stage."""
    bundle.write("scratch/ops.py", "import scratch.oops\n")
    monkeypatch.syspath_prepend(str(course.root))
    for name in [name for name in sys.modules if name.partition(".")[0] == "scratch"]:
        monkeypatch.delitem(sys.modules, name)

    printed, shown = explained(course, "import scratch.ops", capsys)

    assert ("", ["No module named 'scratch.oops'"]) == (printed, shown)
