"""Raises and catches exceptions of its own."""

import contextlib
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        with contextlib.suppress(KeyError):
            {}["missing"]
        try:
            raise ValueError("own")
        except ValueError as error:
            assert str(error) == "own"
        super().step()
