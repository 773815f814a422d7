"""The course's secret: hidden inputs are drawn from it, and the gradebook's rows are keyed with it."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import platformdirs

from autograder.errors import UsageError

SECRET_VARIABLE = "AUTOGRADER_SECRET"  # noqa: S105  # the name of a variable, not a secret
SECRET_BYTES = 32


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
