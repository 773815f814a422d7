"""What runs at home ends as it ends when graded: the packed zip, in both processes, for drawn submissions."""

from __future__ import annotations

import io
import json
import re
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
from tests.studentcli.parity_lines import ALONE, BODY, DIFFERED, MORE_BODY, MORE_TOP, TOP

PROBES = b"""
def double(*, x):
    from scratch import ops

    return {"y": ops.double(x)}
"""
FOLDER = re.compile(r"(/tmp)?/autograder-temporary[\w/-]*/(?=scratch/)")  # the temporary one, by each backend's name
STAGE = {
    "title": "Tiny",
    "week": 1,
    "due": "2027-01-29T17:00:00+00:00",
    "files": ["scratch/ops.py"],
    "points": {},
    "limits": {"cpu_seconds": 2, "wall_seconds": 60, "memory_mib": 256, "processes": 16, "output_kib": 16, "files": 32},
}
ENCODINGS = [
    "utf-8", "utf-8-sig", "latin-1 with a cookie", "latin-1 without a cookie", "CRLF", "CR", "utf-16", "utf-16-le",
    "utf-32", "NUL", "unknown cookie", "utf-8-sig with a latin-1 cookie", "no newline at the end", "Ctrl-Z",
    "cp1252 dash",
]  # fmt: skip


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
    added = {
        "NUL": b"x = 1\0\n",
        "no newline at the end": b"x = 1",
        "Ctrl-Z": b"\x1a",
        "cp1252 dash": b"# a \x96 b\n",
    }
    if encoding in added:
        return text.encode() + added[encoding]
    if encoding == "unknown cookie":
        return b"# -*- coding: klingon -*-\n" + text.encode()
    if encoding.startswith("utf-8-sig with"):
        return b"\xef\xbb\xbf# -*- coding: latin-1 -*-\n" + text.encode()
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
        "scratch/loop_one.py": b"from scratch.loop_two import third\n\ndef half(x):\n    return x / 2\n",
        "scratch/loop_two.py": b"from scratch.loop_one import half\n\ndef third(x):\n    return x / 3\n",
        "scratch/nested/inner.py": b"from ..helper import twice\n",
        "scratch/with_bom.py": "\ufeffhalf = 1\n".encode(),
        "scratch/in_latin.py": b"half = 'caf\xe9'\n",
        "scratch/in_utf16.py": "half = 1\n".encode("utf-16"),
        "scratch/with_null.py": b"half = 1\n\0",
        "scratch/with_exit.py": b"half = 1\nraise SystemExit\n",
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
        printed = FOLDER.sub("/", fault.printed)
        return End(str(fault.outcome), fault.exception_type if is_error else "", place, printed, "")


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
    top=st.lists(st.sampled_from([*TOP, *MORE_TOP, *DIFFERED]), max_size=3, unique=True),
    body=st.sampled_from([*BODY, *MORE_BODY]),
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
@pytest.mark.parametrize("line", [*ALONE, *DIFFERED, *TOP, *BODY])
def test_each_line_alone_ends_alike(tmp_path: Path, graders: Sandbox, line: str) -> None:
    """The commonest lines of the drawn submissions, and those that once ended otherwise, by themselves."""
    top, body = ([], line) if line in BODY else ([line], "return 2 * x")
    at_home, graded = compare(tmp_path, graders, source_of(top, body, "utf-8"))

    assert graded == at_home


def test_the_zip_is_what_is_opened(tmp_path: Path) -> None:
    """The zip that is written holds the helpers that the file imports, and no other file."""
    home = write_bundle(tmp_path, b"import tools.deep\ndef double(x):\n    return 2 * x\n")
    with zipfile.ZipFile(io.BytesIO(zip_bytes(home.packed.files))) as archive:
        names = archive.namelist()

    assert ["more.py", "scratch/helper.py", "scratch/ops.py", "tools/__init__.py", "tools/deep.py"] == names
