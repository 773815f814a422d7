"""Hashes and seeds that make a mark repeatable."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from autograder.course import Course, StageFolder
from autograder.errors import UsageError

SECRET_VARIABLE = "AUTOGRADER_SECRET"  # noqa: S105  # the name of a variable, not a secret
SECRET_BYTES = 32


def course_secret(path: Path | None = None) -> bytes:
    """The secret that seeds are derived from, kept outside the repository; made when first needed.

    Args:
        path: where it is kept; ``~/.config/autograder/secret`` by default. The environment variable
            AUTOGRADER_SECRET comes first.

    Raises:
        UsageError: the file cannot be read or made.
    """
    given = os.environ.get(SECRET_VARIABLE)
    if given:
        return given.encode()
    path = path or Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")).expanduser() / "autograder" / "secret"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_hex(SECRET_BYTES).encode())
        return path.read_bytes()
    except FileExistsError:  # another command made it in the same moment
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: the course secret cannot be kept there ({error.strerror}); set {SECRET_VARIABLE}"
        ) from None


def run_seed(secret: bytes, stage: str, run: str) -> str:
    """The seed of a run, in hexadecimal: the same for every submission of the run."""
    return hmac.digest(secret, f"{stage}|{run}".encode(), hashlib.sha256).hex()


def stage_sha256(stage: StageFolder) -> str:
    """Of everything that decides how tests end: tests, probes, reference, known mistakes, limits and budgets.

    Points are not among it: changing them changes marks without grading again.
    """
    digest = hashlib.sha256()
    files = {
        "test_public.py": stage.public_tests.read_bytes(),
        "test_hidden.py": stage.hidden_tests.read_bytes(),
        "mistakes.py": (stage.solution / "mistakes.py").read_bytes(),
        "kills.json": stage.kills_file.read_bytes() if stage.kills_file.is_file() else b"",
    }
    files |= {path: text.encode() for path, text in {**stage.given_files(), **stage.reference_files()}.items()}
    policy = (
        stage.limits.model_dump_json()
        + repr(sorted(stage.policy.budgets.items()))
        + repr(sorted(stage.policy.memory_budgets.items()))
        + repr(sorted(stage.policy.test_points))
    )
    files["policy"] = policy.encode()
    for name, data in sorted(files.items()):
        digest.update(f"{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()


def policy_sha256(course: Course, stage: StageFolder) -> str:
    """Of everything that turns outcomes into a mark: points, rubric, late rule, Moodle's maximum."""
    configuration = course.configuration
    parts = (
        stage.policy.model_dump_json(),
        configuration.late.model_dump_json(),
        configuration.moodle.model_dump_json(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
