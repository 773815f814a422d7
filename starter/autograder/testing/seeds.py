"""The seed of a test's random inputs on a student's machine."""

from __future__ import annotations

import hashlib
import hmac


def public_seed(test_id: str) -> int:
    """The seed of a public test: the same on every machine."""
    return int.from_bytes(hmac.digest(b"public tests show everything", test_id.encode(), hashlib.sha256)[:16])
