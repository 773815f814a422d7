"""Runs a coroutine."""

import asyncio
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        async def add(a, b):
            await asyncio.sleep(0)
            return a + b

        assert asyncio.run(add(1, 2)) == 3
        super().step()
