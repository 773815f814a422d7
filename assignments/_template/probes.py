"""How the tests call ``scratch.MODULE``: plain data in, named plain data out."""

from __future__ import annotations

from typing import Any

import numpy as np


def double(*, x: np.ndarray) -> dict[str, Any]:
    """Twice x: y, of x's shape."""
    from scratch import MODULE

    return {"y": MODULE.double(x)}
