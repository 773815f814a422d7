"""The token for a site: a teacher's password for some functions, never written down by the kit."""

from __future__ import annotations

import os
from collections.abc import Mapping

from autograder.errors import UsageError

TOKEN_VARIABLE = "AUTOGRADER_MOODLE_TOKEN"  # noqa: S105 - a variable's name
KEYRING_SERVICE = "autograder-moodle"


def find_token(site: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the token for a site: from the environment, else from the system's keyring.

    Raises:
        UsageError: there is none.
    """
    environment = os.environ if environment is None else environment
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if token:
        return token
    token = _stored_token(site)
    if token:
        return token
    raise UsageError(
        f"no token for {site}: set {TOKEN_VARIABLE}, or install the extra (pip install 'autograder[moodle]') and store "
        f"one with: keyring set {KEYRING_SERVICE} {site}"
    )


def _stored_token(site: str) -> str:
    """Return the token in the system's keyring; '' if there is none, or no keyring."""
    try:
        import keyring  # an extra
        import keyring.errors  # an extra
    except ImportError:
        return ""
    try:
        return keyring.get_password(KEYRING_SERVICE, site) or ""
    except keyring.errors.KeyringError:  # locked, or a machine without a keyring service
        return ""
