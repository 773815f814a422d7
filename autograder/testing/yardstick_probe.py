"""A fixed piece of work in numpy, with which the speed of a student's machine is measured. It never changes.

It is run where a submission would be, as its probes. A change of a number here makes every measured value
(``budgets.json`` of the stages) wrong.
"""

from __future__ import annotations

import numpy as np

ROUNDS = 4


def work() -> dict[str, float]:
    """What the stages' references spend their time on: array arithmetic, copies, products, and many small calls."""
    image = np.cos(np.arange(3 * 66 * 98, dtype=np.float64)).reshape(3, 66, 98)
    table = np.sin(np.arange(64 * 512, dtype=np.float64)).reshape(64, 512)
    total = 0.0
    for _ in range(ROUNDS):
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), axis=(1, 2))
        columns = windows.transpose(0, 3, 4, 1, 2).reshape(27, -1)
        total += float((table[:4, :27] @ columns).sum())
        powers = np.exp(table - table.max(axis=0))
        total += float((powers / powers.sum(axis=0)).max())
        total += float(np.cumsum(image).max())
        state = table[:32, :12].copy()
        for step in range(40):
            state = np.tanh(state @ table[:12, step : step + 12] + table[:32, :12])
        total += float(state.sum())
    return {"total": total}
