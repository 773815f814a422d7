"""Hashes and seeds that make a mark repeatable."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

import autograder
from autograder.course import Course, StageFolder
from autograder.errors import UsageError

SECRET_VARIABLE = "AUTOGRADER_SECRET"  # noqa: S105  # the name of a variable, not a secret
SECRET_BYTES = 32
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


def course_secret(path: Path | None = None) -> bytes:
    """The secret that seeds are derived from, kept outside the repository; made when first needed.

    Args:
        path: where it is kept; :func:`secret_path` by default. The environment variable AUTOGRADER_SECRET is taken
            before any file, even where it is empty: a variable set from a missing file must not mean another secret.

    Raises:
        UsageError: the file cannot be read or made, or the secret is too short.
    """
    given = os.environ.get(SECRET_VARIABLE)
    if given is not None:
        return _long_enough(os.fsencode(given.strip()), f"the environment variable {SECRET_VARIABLE}", "unset it")
    path = path or secret_path()
    try:
        if not path.exists():
            _make_secret(path)
        secret, mode = path.read_bytes().strip(), path.stat().st_mode
    except OSError as error:
        raise UsageError(
            f"{path}: the course secret cannot be kept there ({error.strerror}); set {SECRET_VARIABLE}"
        ) from None
    _long_enough(secret, str(path), "remove it")
    if os.name == "posix" and mode & 0o077:
        raise UsageError(
            f"{path}: other users of this machine may read the course secret, and with it compute the hidden inputs; "
            f"run chmod 600 {path}"
        )
    return secret


def _long_enough(secret: bytes, where: str, otherwise: str) -> bytes:
    if len(secret) < SECRET_BYTES:
        raise UsageError(
            f"{where}: the course secret is shorter than {SECRET_BYTES} bytes, so that hidden inputs could be guessed; "
            f"put the right one back, or {otherwise}: another one will be used, and with it other hidden inputs"
        )
    return secret


def secret_path() -> Path:
    """Where the secret is kept: in the user's folder for settings, or where earlier kits kept it."""
    earlier = Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")).expanduser() / "autograder" / "secret"
    return earlier if earlier.is_file() else platformdirs.user_config_path("autograder") / "secret"


def _make_secret(path: Path) -> None:
    """Write it under another name first: whoever reads it meanwhile sees none or all of it."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # readable by its owner only
    waiting = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(SECRET_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        os.link(waiting, path)
    except FileExistsError:  # another command made it in the same moment: theirs counts
        pass
    finally:
        waiting.unlink(missing_ok=True)


def run_seed(secret: bytes, stage: str, run: str) -> str:
    """The seed of a run, in hexadecimal: the same for every submission of the run."""
    return hmac.digest(secret, f"{stage}|{run}".encode(), hashlib.sha256).hex()


def engine_sha256(package: Path | None = None) -> str:
    """Of the kit's modules that decide how tests end: :data:`DECIDING`.

    Args:
        package: the folder of the kit's package; this one's by default.
    """
    package = package or Path(autograder.__file__).parent
    files: dict[str, bytes] = {}
    for name in DECIDING:
        path = package / name
        found = [path] if path.suffix else sorted(path.rglob("*.py"))
        files |= {file.relative_to(package).as_posix(): file.read_bytes() for file in found}
    return _sha256(files)


def stage_sha256(stage: StageFolder) -> str:
    """Of everything of a stage that decides how tests end: tests, probes, reference, known mistakes, limits, budgets.

    Points are not among it: changing them changes marks without grading again.
    """
    files = {
        "test_public.py": stage.public_tests.read_bytes(),
        "test_hidden.py": stage.hidden_tests.read_bytes(),
        "mistakes.py": (stage.solution / "mistakes.py").read_bytes(),
        "kills.json": stage.kills_file.read_bytes() if stage.kills_file.is_file() else b"",
    }
    files |= {path: text.encode() for path, text in {**stage.given_files(), **stage.reference_files()}.items()}
    policy = (
        stage.limits.model_dump_json()
        + stage.policy.model_dump_json(include={"files", "needs", "runtime", "budgets", "memory_budgets"})
        + repr((sorted(stage.policy.test_points), stage.packages))
    )
    return _sha256(files | {"policy": policy.encode()})


def _sha256(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()


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
