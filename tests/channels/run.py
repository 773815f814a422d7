"""``make channels``: equal points in every channel, and hostile notebooks contained."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.channels.gradednotebook import nbgrader_notebook
from autograder.channels.gradescopebundle import gradescope_bundle
from autograder.channels.gradescoperesults import points_of
from autograder.channels.nbgradercourse import export_course
from autograder.channels.nbgradergrades import read_grades
from autograder.channels.otterbundle import autograder_zip
from autograder.course import Course, StageFolder, read_course
from autograder.course.mistakes import apply_changes
from autograder.demo.moodle_class import STAGE as DEMO_STAGE
from autograder.demo.moodle_class import build_class
from autograder.gradebook import open_gradebook
from autograder.gradebook.anchor import ANCHORS_VARIABLE
from autograder.intake import Spool
from autograder.moodle.files.download import read_download
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download
from autograder.moodle.files.system import MoodleFiles
from autograder.pipeline import GradingRequest, grade_download
from autograder.tester.pool import PoolOptions
from tests.builders.course import STAGE as TINY
from tests.builders.notebook_course import (
    FULL,
    HALF,
    HONEST,
    RIGHT,
    code_cell,
    markdown_cell,
    run_tool,
    write_notebook_course,
)

ROOT = Path(__file__).parents[2]
HOSTILE = Path(__file__).parent / "notebooks"
NOT_FOR_OTTER = (
    "no_json.ipynb",
    "format_3.ipynb",
    "old_schema.ipynb",
    "strange_types.ipynb",
)  # ``otter run`` stops before any plugin
EACH = 3  # variants and mistakes of a stage
WHEN = datetime(2027, 1, 29, 15)  # noqa: DTZ001  # Moodle's own clock
Points = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Channels:
    """Points by submission and test, in each channel."""

    kit: Points
    others: Mapping[str, Points]

    def rows(self) -> Iterator[tuple[str, float, list[str]]]:
        """Each submission, its points in the kit, and what differs elsewhere."""
        for key, points in self.kit.items():
            differ = []
            for channel, found in self.others.items():
                other = found.get(key, {})
                wrong = [name for name in points if abs(other.get(name, -1.0) - points[name]) > 0.005]
                differ += [f"{channel}: {', '.join(wrong)}"] if wrong else []
            yield key, sum(points.values()), differ


def _entries(stage: StageFolder) -> dict[str, Mapping[str, str]]:
    """The reference, some variants and some mistakes of a stage, as files."""
    reference = stage.reference_files()
    found: dict[str, Mapping[str, str]] = {"reference": reference}
    for entry in (*stage.variants()[:EACH], *stage.mistakes()[:EACH]):
        if not entry.folder:
            found[entry.name] = apply_changes(reference, entry.changes)
    return found


def _stage_download(stage: StageFolder) -> tuple[bytes, dict[str, str]]:
    people, names = [], {}
    for number, (name, files) in enumerate(_entries(stage).items(), 501):
        sent = tuple(SentFile(path, text.encode(), WHEN) for path, text in files.items())
        people.append(Person(number, f"Student {number}", files=sent))
        names[str(number)] = name
    return build_download(people), names


def measure(course: Course, stage: StageFolder, download: bytes, folder: Path) -> Channels:
    """Grade one download in every channel, by its plain commands."""
    archive = folder / "download.zip"
    archive.write_bytes(download)
    options = PoolOptions(workers=1)
    source = MoodleFiles(archive, None, course.configuration.module.time_zone)
    url = f"sqlite:///{folder / 'marks' / 'gradebook.db'}"
    grade_download(course, stage, GradingRequest(source, folder / "marks", url, options=options))
    book = open_gradebook(url)
    graded = {key: mark.grade for key, mark in book.marks(stage.name).items() if mark.record is not None}
    kit = {key: {score.name: score.points for score in grade.scores} for key, grade in graded.items()}
    book.close()
    nbgrader = _nbgrader(course, stage, archive, folder / "nbgrader")
    notebook = (folder / "nbgrader" / "release" / stage.name / f"{stage.name}.ipynb").read_bytes()
    zone, due = course.configuration.module.time_zone, stage.policy.due
    sent = read_download(archive, None, time_zone=zone, due_at=due, spool=Spool()).submissions
    otter: dict[str, Mapping[str, float]] = {}
    gradescope: dict[str, Mapping[str, float]] = {}
    (folder / "autograder.zip").write_bytes(autograder_zip(course, stage, unsafe=False))
    with zipfile.ZipFile(_written(folder / "gradescope.zip", gradescope_bundle(course, stage, unsafe=False))) as bundle:
        bundle.extractall(folder / "source")
    for one in sent:
        if one.participant_id not in kit:
            continue
        files = {file.path: file.data for file in one.files}
        otter[one.participant_id] = _otter(folder, one.participant_id, files, stage.name, notebook)
        gradescope[one.participant_id] = _gradescope(folder, one.participant_id, files)
    return Channels(kit, {"nbgrader": nbgrader, "otter": otter, "Gradescope": gradescope})


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _nbgrader(course: Course, stage: StageFolder, archive: Path, folder: Path) -> Points:
    export_course(course, [stage], folder, None, unsafe=False)
    run_tool(folder, "nbgrader", "generate_assignment", stage.name)
    place = folder / "downloaded" / stage.name / "archive"
    place.mkdir(parents=True)
    (place / "download.zip").write_bytes(archive.read_bytes())
    run_tool(folder, "nbgrader", "zip_collect", stage.name)
    run_tool(folder, "nbgrader", "autograde", stage.name)
    found = read_grades(folder / "gradebook.db", stage.name).cells
    return {
        key: {name: cell.automatic for name, cell in cells.items() if cell.automatic is not None}
        for key, cells in found.items()
    }


def _otter(folder: Path, key: str, files: Mapping[str, bytes], name: str, notebook: bytes) -> Mapping[str, float]:
    sent, out = folder / f"otter-{key}.zip", folder / f"otter-{key}"
    out.mkdir()
    with zipfile.ZipFile(sent, "w") as archive:
        for path, data in ({f"{name}.ipynb": notebook} | dict(files)).items():
            archive.writestr(path, data)
    run_tool(folder, "otter", "run", "-a", "autograder.zip", "-o", str(out), "--no-logo", str(sent))
    return points_of(json.loads((out / "results.json").read_text()))


def _gradescope(folder: Path, key: str, files: Mapping[str, bytes]) -> Mapping[str, float]:
    place = folder / f"gradescope-{key}"
    for path, data in files.items():
        target = place / "submission" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (place / "source").symlink_to(folder / "source")
    environment = {**os.environ, "AUTOGRADER_FOLDER": str(place), "AUTOGRADER_PYTHON": sys.executable}
    subprocess.run(["sh", str(place / "source" / "run_autograder")], env=environment, timeout=900, check=True)
    return points_of(json.loads((place / "results" / "results.json").read_text()))


def agree(names: list[str]) -> bool:
    """Print a row for each submission of the demo class and of the stages; the last line counts those that agree."""
    course = read_course(ROOT)
    numpy_stages = [name for name in course.configuration.stages if course.stage(name).policy.runtime == "numpy"]
    same = total = 0
    for name in names or ["demo", *numpy_stages]:
        stage = course.stage(DEMO_STAGE if name == "demo" else name)
        labels: dict[str, str] = {}
        if name == "demo":
            download = build_class(stage).download
        else:
            download, labels = _stage_download(stage)
        with tempfile.TemporaryDirectory() as folder:
            for key, points, differ in measure(course, stage, download, Path(folder)).rows():
                total += 1
                same += not differ
                words = "; ".join(differ) or "equal in every test"
                print(f"{name:16} {labels.get(key, key):28} {points:7.2f}  {words}", flush=True)
    print(f"channels agree {same} / {total}")
    return same == total


def percent_cells(text: str) -> list[dict[str, Any]]:
    """The cells of a hostile notebook in percent format."""
    cells = []
    for part in text.split("# %%")[1:]:
        kind, _, body = part.partition("\n")
        lines = body.strip("\n").splitlines()
        if "[markdown]" in kind:
            cells.append(markdown_cell("\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)))
        else:
            cells.append(code_cell("\n".join(lines)))
    return cells


def hostile_notebook(path: Path, release: str) -> bytes:
    """One file of the corpus as a student would send it: before the released cells, or in place of the notebook."""
    if path.suffix == ".ipynb":
        return path.read_bytes()
    notebook = json.loads(release)
    notebook["cells"][1:1] = percent_cells(path.read_text())
    return json.dumps(notebook).encode()


def contained(names: list[str]) -> bool:
    """Grade every hostile notebook beside a good neighbour; the last line counts those with their honest part."""
    paths = sorted(path for path in HOSTILE.iterdir() if not names or path.stem in names)
    people = {str(number): path for number, path in enumerate(paths, 601)}
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        course, folder = write_notebook_course(root / "course"), root / "nbgrader"
        export_course(course, [course.stage(TINY)], folder, None, unsafe=False)
        with (folder / "nbgrader_config.py").open("a") as config:
            config.write("c.Execute.timeout = 5\n")
        run_tool(folder, "nbgrader", "generate_assignment", TINY)
        release = (folder / "release" / TINY / f"{TINY}.ipynb").read_text()
        sent = [Person(600, "Neighbour", files=(SentFile("scratch/tiny.py", RIGHT.encode(), WHEN),))]
        for number, path in people.items():
            data = hostile_notebook(path, release)
            data = data.replace(b"{course}", str(root / "course").encode()).replace(b"{home}", str(folder).encode())
            files = (SentFile("scratch/tiny.py", HALF.encode(), WHEN), SentFile(f"{TINY}.ipynb", data, WHEN))
            sent.append(replace(sent[0], number=int(number), name=path.stem, files=files))
        place = folder / "downloaded" / TINY / "archive"
        place.mkdir(parents=True)
        (place / "download.zip").write_bytes(build_download(sent))
        run_tool(folder, "nbgrader", "zip_collect", TINY)
        printed = run_tool(folder, "nbgrader", "autograde", TINY, succeeds=False)
        run_tool(folder, "nbgrader", "generate_feedback", TINY, succeeds=False)
        found = read_grades(folder / "gradebook.db", TINY).cells
        neighbour = {name: cell.automatic for name, cell in found.get("600", {}).items() if name in FULL}
        good = 0
        for number, path in people.items():
            points = {name: cell.automatic for name, cell in found.get(number, {}).items() if name in HONEST}
            wrong = [] if points == HONEST else [f"points {points}"]
            wrong += _leaks(folder, number)
            good += not wrong
            print(f"{path.name:24} {'contained' if not wrong else '; '.join(wrong)}", flush=True)
        if neighbour != FULL or (folder / "daemon-was-here").exists():
            print(f"the neighbour has {neighbour}\n{printed[-3000:]}")
            good = 0
    print(f"hostile notebooks contained {good} / {len(people)}")
    return good == len(people)


def contained_in_otter(names: list[str]) -> bool:
    """The same corpus through otter's container command, and through ``otter run`` where it can read the notebook."""
    paths = sorted(path for path in HOSTILE.iterdir() if not names or path.stem in names)
    good = 0
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        course = write_notebook_course(root / "course")
        stage = course.stage(TINY)
        release = json.dumps(nbgrader_notebook(stage))
        bundle = _written(root / "autograder.zip", autograder_zip(course, stage, unsafe=False))
        for path in paths:
            place = root / path.name
            data = hostile_notebook(path, release)
            data = data.replace(b"{course}", str(root / "course").encode()).replace(b"{home}", str(place).encode())
            files = {"scratch/tiny.py": HALF.encode(), f"{TINY}.ipynb": data}
            found = {"container": _in_container(place, bundle, files)}
            if path.name not in NOT_FOR_OTTER:
                found["otter run"] = _otter(root, path.stem, {"scratch/tiny.py": HALF.encode()}, TINY, data)
            wrong = [f"{channel}: {points}" for channel, points in found.items() if points != HONEST]
            good += not wrong
            print(f"{path.name:24} {'contained' if not wrong else '; '.join(wrong)}", flush=True)
    print(f"hostile notebooks contained in otter {good} / {len(paths)}")
    return good == len(paths)


def _in_container(place: Path, bundle: Path, files: Mapping[str, bytes]) -> Mapping[str, float]:
    for path, data in files.items():
        target = place / "submission" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (place / "results").mkdir()
    _written(place / "submission_metadata.json", b"{}")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(place / "source")
    environment = {**os.environ, "AUTOGRADER_FOLDER": str(place), "AUTOGRADER_PYTHON": sys.executable}
    subprocess.run(
        ["sh", "run_autograder"], cwd=place / "source", env=environment, timeout=900, check=True, capture_output=True
    )
    results = (place / "results" / "results.json").read_text()
    return points_of(json.loads(results)) if not _has_hidden(results) else {"a hidden test": -1.0}


def _has_hidden(text: str) -> bool:
    return any(word in text for word in ("standard_normal", "reference.double", "FOUND"))


def _leaks(folder: Path, number: str) -> list[str]:
    wrong = []
    executed = folder / "autograded" / number / TINY / f"{TINY}.ipynb"
    if not executed.is_file():
        return ["no executed notebook"]
    outputs = json.dumps([cell.get("outputs", []) for cell in json.loads(executed.read_text())["cells"]])
    if "FOUND" in outputs:
        wrong.append("it reached something")
    for page in (folder / "feedback" / number).rglob("*.html"):
        text = page.read_text()
        wrong += [f"{word} in the feedback" for word in ("standard_normal", "reference.double") if word in text]
        live = (
            "<script>alert(",
            "<img src=x",
            'href="javascript',
            "<svg xmlns='http",
        )  # as markup: in code they are escaped
        wrong += [f"{word} is live" for word in live if word in text]
    return wrong


@contextmanager
def _own_secret() -> Iterator[None]:
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as anchors:
        os.environ.setdefault("AUTOGRADER_SECRET", "the secret of the tests, long enough")
        os.environ[ANCHORS_VARIABLE] = anchors
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def main() -> int:
    """``python -m tests.channels [--hostile NAME… | --hostile-otter NAME… | STAGE…]``; ``demo`` is the demo class."""
    with _own_secret():
        if "--hostile-otter" in sys.argv:
            return 0 if contained_in_otter([name for name in sys.argv[1:] if name != "--hostile-otter"]) else 1
        if "--hostile" in sys.argv:
            return 0 if contained([name for name in sys.argv[1:] if name != "--hostile"]) else 1
        return 0 if agree(sys.argv[1:]) else 1
