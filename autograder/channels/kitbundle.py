"""The kit and one stage with its secrets, as files for a grading container that staff own."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from autograder import __file__ as package_file
from autograder.channels.outside import stage_seed
from autograder.course import Course, StageFolder

EARLIEST = (1980, 1, 1, 0, 0, 0)
SETTINGS = "channel.json"
LEFT_OUT = ("mutation", "prove.py", "demo")  # never needed there


def kit_files(course: Course, stage: StageFolder, *, unsafe: bool) -> dict[str, bytes]:
    """Everything that grades the stage, by path: the package, the course's part, settings. Secret: it has the tests.

    Args:
        course: the checkout.
        stage: the one stage that is graded there.
        unsafe: whether it may grade without a sandbox.
    """
    package = Path(package_file).parent
    files = {}
    for path in sorted(package.rglob("*")):
        inner = path.relative_to(package).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and not inner.startswith(LEFT_OUT):
            files[f"autograder/{inner}"] = path.read_bytes()
    names = [stage.name, *stage.all_needs()]
    folders = [f"{top}/{name}" for top in ("assignments", "solutions") for name in names]
    folders += [f"solutions/{name}" for name in course.configuration.packages]
    for folder in folders:
        for path in sorted((course.root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(course.root).as_posix()] = path.read_bytes()
    files["grading.yml"] = (course.root / "grading.yml").read_bytes()
    settings = {"stage": stage.name, "seed": stage_seed(stage), "unsafe": unsafe}
    files[SETTINGS] = (json.dumps(settings, indent=2) + "\n").encode()
    return files


def read_settings(kit: Path) -> tuple[str, str, bool]:
    """Stage, seed, and whether no sandbox is needed, of a bundle."""
    found = json.loads((kit / SETTINGS).read_text("utf-8"))
    return str(found["stage"]), str(found["seed"]), bool(found["unsafe"])


def requirements(stage: StageFolder, extra: str = "") -> str:
    """What pip installs in the container: the kit's dependencies, and the stage's in the versions of this machine."""
    lines = []
    for line in requires("autograder") or ():
        requirement, _, marker = line.partition(";")
        if not marker.strip() or (extra and f"extra == '{extra}'" in marker.replace('"', "'")):
            lines.append(requirement.strip())
    for name in stage.runtime.packages:
        try:
            lines = [line for line in lines if not line.lower().startswith(name)]
            lines.append(f"{name}=={version(name).partition('+')[0]}")
        except PackageNotFoundError:
            continue
    return "".join(f"{line}\n" for line in lines)


def zip_bytes(files: Mapping[str, bytes], executable: tuple[str, ...] = ()) -> bytes:
    """A zip: the same files give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if path in executable else 0o100644) << 16
            archive.writestr(entry, data)
    return stream.getvalue()
