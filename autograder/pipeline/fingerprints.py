"""Hashes and seeds that make a mark repeatable."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

import autograder
from autograder.course import Course, StageFolder
from autograder.course.folder import texts
from autograder.gradebook.environment import Environment, describe_environment
from autograder.runner.runtimes import DeviceName
from autograder.sandbox.gpu import describe_device

POLICY = "limits, budgets or names of the tests in grading.yml"
# Everything of the kit that decides how a test ends: what runs and confines a submission, what compares its answers,
# and which files of it are taken. Neither scoring, whose work is done again in each run, nor reports, the gradebook
# and Moodle are among it: with them no class is graded again. docs/maintainer.md has the reasons.
DECIDING = (
    "model.py",
    "runner",
    "sandbox",
    "testing",
    "tester",
    "course/folder.py",
    "course/mistakes.py",
    "course/regions.py",
    "course/workspace.py",
)


def run_seed(secret: bytes, stage: str, run: str) -> str:
    """The seed of a run, in hexadecimal: that of everybody's first submission, see :func:`submission_seed`."""
    return hmac.digest(secret, f"{stage}|{run}".encode(), hashlib.sha256).hex()


def submission_seed(secret: bytes, stage: str, run: str, sha256: str, earlier: Mapping[str, str]) -> str:
    """The seed that a submission is graded with.

    A submission keeps the seed of its first grading, so that a mark can be made again. A first submission has the
    run's; every further one has another, since its author has seen a page about the inputs of the last. The number of
    the submission decides, so that those who submit as often share one, and the reference runs once for all of them.

    Args:
        secret: the course's.
        stage: its name.
        run: the label of the run.
        sha256: of the submission.
        earlier: the seeds of the participant's submissions that were graded in this run, by hash, oldest first.
    """
    if sha256 in earlier:
        return earlier[sha256]
    return run_seed(secret, stage, f"{run}|{len(earlier) + 1}" if earlier else run)


def engine_sha256(package: Path | None = None) -> str:
    """Of the kit's modules that decide how tests end; see :func:`engine_manifest`."""
    return hashlib.sha256(engine_manifest(package)).hexdigest()


def engine_manifest(package: Path | None = None) -> bytes:
    """The kit's modules that decide how tests end, :data:`DECIDING`, each with its hash, as JSON.

    Args:
        package: the folder of the kit's package; this one's by default.
    """
    package = package or Path(autograder.__file__).parent
    files: dict[str, bytes] = {}
    for name in DECIDING:
        path = package / name
        found = [path] if path.suffix else sorted(path.rglob("*.py"))
        files |= {file.relative_to(package).as_posix(): file.read_bytes() for file in found}
    return _manifest(files)


def stage_sha256(stage: StageFolder) -> str:
    """Of everything of a stage that decides how tests end; see :func:`stage_manifest`."""
    return hashlib.sha256(stage_manifest(stage)).hexdigest()


def stage_manifest(stage: StageFolder) -> bytes:
    """What of a stage decides how tests end: tests, probes, reference, mistakes, limits; each with its hash, as JSON.

    Points are not among it: changing them changes marks without grading again.
    """
    files = {
        "test_public.py": stage.public_tests.read_bytes(),
        "test_hidden.py": stage.hidden_tests.read_bytes(),
        "mistakes.py": (stage.solution / "mistakes.py").read_bytes(),
        "kills.json": stage.kills_file.read_bytes() if stage.kills_file.is_file() else b"",
    }
    files |= {path: text.encode() for path, text in {**stage.given_files(), **stage.reference_files()}.items()}
    files |= stage.reference_resources()
    for mistake in stage.mistakes():
        if mistake.folder:
            whole = {**texts(stage.reference_files(mistake.folder)), **stage.reference_resources(mistake.folder)}
            files |= {f"{mistake.folder}/{path}": data for path, data in whole.items()}
    deciding = {"files", "resources", "resources_mib", "needs", "runtime", "device", "budgets", "memory_budgets"}
    policy = (
        stage.limits.model_dump_json()
        + stage.policy.model_dump_json(include=deciding)
        + repr((sorted(stage.policy.test_points), stage.packages))
    )
    return _manifest(files | {POLICY: policy.encode()})


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}).encode()


def changed_names(before: bytes, after: bytes) -> list[str]:
    """What two manifests have in different states, or only one of them has."""
    old, new = json.loads(before), json.loads(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def stage_environment(stage: StageFolder) -> Environment:
    """What a mark of this stage is made with on this machine."""
    device = stage.policy.device
    return describe_environment(stage_packages(stage), "" if device is DeviceName.CPU else describe_device(device))


def stage_packages(stage: StageFolder) -> tuple[str, ...]:
    """The packages that a submission may compute with: their versions are part of what a mark was made with."""
    return stage.runtime.packages


def policy_sha256(course: Course, stage: StageFolder) -> str:
    """Of everything that turns outcomes into a mark: points, rubric, late rule, Moodle's maximum."""
    configuration = course.configuration
    parts = (
        stage.policy.model_dump_json(exclude={"opens"}),
        configuration.late.model_dump_json(),
        configuration.moodle.model_dump_json(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
