"""What runs at home ends as it ends when graded: the packed zip, in both processes, for drawn submissions."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import SandboxFault
from autograder.intake.spool import Spool
from autograder.intake.unpacking import FileCollector, ReadLimits, add_file
from autograder.model import Outcome, Workspace
from autograder.runner.assembly import assemble
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Sandbox, StudentFault
from autograder.runner.runtimes import NUMPY
from autograder.sandbox.select import choose
from autograder.studentcli.submitting import zip_bytes
from autograder.testing.local import HomeStage, home_stage

PROBES = b"""
def double(*, x):
    from scratch import ops

    return {"y": ops.double(x)}
"""
STAGE = {
    "title": "Tiny",
    "week": 1,
    "due": "2027-01-29T17:00:00+00:00",
    "files": ["scratch/ops.py"],
    "points": {},
    "limits": {"cpu_seconds": 2, "wall_seconds": 60, "memory_mib": 256, "processes": 8, "output_kib": 16, "files": 32},
}
# Home refuses what any backend refuses: /tmp can be written to in one of them, / can be listed in some.
# what a line at the top of the file may be, beside ordinary imports
TOP = [
    "import math, json, heapq, itertools, dataclasses, typing, collections.abc",
    "import numpy.linalg as la, numpy.random, numpy.fft, numpy.testing, numpy.polynomial",
    "import matplotlib.pyplot as plt",
    "import scipy",
    "import pandas as pd",
    "import torch",
    "import pytest",
    "import click",
    "import autograder",
    "from autograder.testing import assert_close",
    "import datasets",
    "import conftest",
    "import scratch.tensor",
    "import scratch.ops",
    "from . import ops as me",
    "from .helper import twice",
    "from scratch.helper import twice",
    "from scratch import helper",
    "import importlib; helper = importlib.import_module('scratch.helper')",
    "import tools.deep",
    "import more",
    "from __future__ import annotations",
    "print('loaded')",
    "import sys; sys.setrecursionlimit(20000)",
    "import os; print(sorted(os.listdir('.')))",
    "import os; print(sorted(os.environ))",
    "import sys; print(sys.argv)",
    "open('note.txt', 'w').write('x')",
    "open('data.csv').read()",
    "open(__file__).read()",
    "import pathlib; print(pathlib.Path.cwd() == pathlib.Path.home())",
    "open('/etc/passwd').read()",
    "open('/usr/elsewhere.txt', 'w')",
    "import subprocess; subprocess.run(['true'])",
    "import socket; socket.create_connection(('127.0.0.1', 1))",
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1')",
    "import threading; t = threading.Thread(target=print); t.start(); t.join()",
    "input()",
    "raise SystemExit",
    "exit()",
    "raise ValueError('at import')",
    "assert False",
    "x: int = 'a'\nmatch x:\n    case 'a':\n        pass",
    "type Alias = int",
    "def generic[T](x: T) -> T:\n    return x",
    "naïve = 1",
    "if __name__ == '__main__':\n    raise ValueError('never')",
    "def broken(:",
    "import tempfile; print(tempfile.gettempdir() == __import__('os').getcwd())",
    "import multiprocessing; multiprocessing.Pool(1)",
    "import random; print(random.random())",
    "import numpy as np; print(np.random.rand())",
    "import warnings; warnings.warn('careful')",
    "import logging; logging.warning('careful')",
    "from .helper import *",
    "from scratch import *",
    "from scratch.later import half",
    "import helper",
    "import sys; sys.path.insert(0, 'scratch'); import helper",
    "import os, sys; sys.path.insert(0, os.path.dirname(__file__)); import helper",
    "exec(open('scratch/helper.py').read())",
    "import importlib; helper = importlib.import_module('.helper', __package__)",
    "import importlib; helper = importlib.import_module('scratch.' + 'helper')",
    "import numpy as np; np.loadtxt('data.csv', delimiter=',')",
    "import numpy as np; np.save('w.npy', np.ones(3)); print(np.load('w.npy'))",
    "import warnings; warnings.simplefilter('error'); warnings.warn('careful')",
    "import asyncio; asyncio.run(asyncio.sleep(0))",
    "import IPython",
    "try:\n    import scipy\nexcept ImportError:\n    scipy = None",
    "if False:\n    import scipy",
    "import sys; sys.stdout.close()",
    "print = None",
    "print({'a', 'b', 'c'})",
    "print('\\udcff')",
    "table = bytearray(1 << 30)",
    "table = [0] * (1 << 28)",
    "raise KeyboardInterrupt",
    "raise RecursionError('mine')",
    "raise ExceptionGroup('two', [ValueError(1)])",
]
BODY = [
    "return 2 * x",
    "return x + x",
    "return twice(x)",
    "return helper.twice(x)",
    "x *= 2\n    return x",
    "return None",
    "return 'text'",
    "return [x, (1, 2.5, None)]",
    "return {1: x}",
    "return {x[0]: 1}",
    "return object()",
    "return np.array([object()])",
    "return 2**2000",
    "return np.longdouble(1)",
    "raise NotImplementedError('double')",
    "raise KeyError(x[0])",
    "class Mine(Exception):\n        pass\n    raise Mine",
    "def deep(n):\n        return 0 if n == 0 else 1 + deep(n - 1)\n    return deep(900) * x",
    "def deep(n):\n        return 0 if n == 0 else 1 + deep(n - 1)\n    return deep(5000) * x",
    "return np.ones(1 << 27)[:3]",
    "import os\n    os._exit(3)",
    "import os\n    os.fork()",
    "import sys\n    sys.exit('done')",
    "print('x' * 100)\n    return 2 * x",
    "import scipy\n    return 2 * x",
    "return x[7]",
    "return x / 0",
]
ENCODINGS = ["utf-8", "utf-8-sig", "latin-1 with a cookie", "latin-1 without a cookie", "CRLF", "CR"]


@dataclass(frozen=True)
class End:
    """How a call ended, as far as a student can see it."""

    outcome: str
    exception: str
    place: tuple[str, int]
    printed: str
    outputs: str


@pytest.fixture(scope="module")
def graders() -> Iterator[Sandbox]:
    """The strongest sandbox of this machine."""
    try:
        sandbox = choose(NUMPY, "container")
    except SandboxFault as fault:
        pytest.skip(f"this machine has no sandbox to compare with: {fault}")
    yield sandbox
    sandbox.close()


def source_of(top: list[str], body: str, encoding: str) -> bytes:
    """The text of ``scratch/ops.py``."""
    text = "import numpy as np\n" + "\n".join(top) + f"\n\n\ndef double(x):\n    {body}\n"
    if "__future__" in text:
        text = "from __future__ import annotations\n" + text.replace("from __future__ import annotations\n", "", 1)
    if encoding.startswith("latin-1"):
        cookie = "# -*- coding: latin-1 -*-\n" if "with a" in encoding else ""
        return (cookie + text + "word = 'caf\xe9'\n").encode("latin-1")
    if encoding.startswith("CR"):
        return text.replace("\n", "\r\n" if encoding == "CRLF" else "\r").encode()
    return text.encode(encoding)


def write_bundle(root: Path, ops: bytes) -> HomeStage:
    """A starter with the student's file and their helpers, as ``check`` sees it."""
    files = {
        "course.json": json.dumps({"module": "T", "stages": {"s00_tiny": STAGE}}).encode(),
        "conftest.py": b"",
        "data.csv": b"1,2\n",
        "datasets/__init__.py": b"",
        "scratch/__init__.py": b"",
        "scratch/ops.py": ops,
        "scratch/helper.py": b"def twice(x):\n    return 2 * x\n",
        "scratch/later.py": b"def half(:\n",
        "tools/__init__.py": b"",
        "tools/deep.py": b"import more\n",
        "more.py": b"import scratch.helper\n",
        "s00_tiny/probes.py": PROBES,
    }
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return home_stage(root, "s00_tiny")


def as_graded(home: HomeStage) -> Workspace:
    """The workspace that grading makes of the zip."""
    collector = FileCollector(ReadLimits(), Spool())
    add_file(collector, "s00_tiny_submission.zip", [zip_bytes(home.packed.files)])
    given = {"scratch/__init__.py": b"", "probes.py": PROBES}
    return assemble(home.stage.files, collector.contents(), given, home.course.packages)


def end_of(sandbox: Sandbox, workspace: Workspace, home: HomeStage) -> End:
    """Open the workspace and call its probe twice; the first fault counts."""
    printed = ""
    try:
        session = sandbox.open(workspace, home.stage.limits)
        try:
            x = np.arange(3.0)
            replies = [session.call("double", {"x": x}) for _ in range(2)]
            printed = "".join(reply.printed for reply in replies)
            return End("passed", "", ("", 0), printed, repr([_plain(reply.outputs) for reply in replies]))
        finally:
            session.close()
    except StudentFault as fault:
        is_error = fault.outcome is Outcome.ERROR  # else the outcome is all that a student reads of it
        place = (fault.path, fault.line) if is_error else ("", 0)
        return End(str(fault.outcome), fault.exception_type if is_error else "", place, fault.printed, "")


def _plain(outputs: Mapping[str, Any]) -> Any:
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in outputs.items()}


def compare(root: Path, graders: Sandbox, ops: bytes) -> tuple[End, End]:
    """How the same file ends at home and when graded."""
    home = write_bundle(root, ops)
    plain = PlainSandbox(home.stage.packages)
    try:
        return end_of(plain, home.workspace, home), end_of(graders, as_graded(home), home)
    finally:
        plain.close()


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    top=st.lists(st.sampled_from(TOP), max_size=3, unique=True),
    body=st.sampled_from(BODY),
    encoding=st.sampled_from(ENCODINGS),
)
def test_drawn_submissions_end_alike(
    tmp_path_factory: pytest.TempPathFactory, graders: Sandbox, top: list[str], body: str, encoding: str
) -> None:
    """The same outcome, exception, line, output and values, whatever the file does."""
    root = tmp_path_factory.mktemp("bundle")
    at_home, graded = compare(root, graders, source_of(top, body, encoding))

    assert graded == at_home


@pytest.mark.slow
@pytest.mark.parametrize("line", [*TOP, *BODY])
def test_each_line_alone_ends_alike(tmp_path: Path, graders: Sandbox, line: str) -> None:
    """Every line that the drawn submissions are made of, by itself."""
    top, body = ([line], "return 2 * x") if line in TOP else ([], line)
    at_home, graded = compare(tmp_path, graders, source_of(top, body, "utf-8"))

    assert graded == at_home


def test_the_zip_is_what_is_opened(tmp_path: Path) -> None:
    """The zip that is written holds the helpers that the file imports, and no other file."""
    home = write_bundle(tmp_path, b"import tools.deep\ndef double(x):\n    return 2 * x\n")
    with zipfile.ZipFile(io.BytesIO(zip_bytes(home.packed.files))) as archive:
        names = archive.namelist()

    assert ["more.py", "scratch/helper.py", "scratch/ops.py", "tools/__init__.py", "tools/deep.py"] == names
