"""Keeps its work in temporary files."""

import os
import tempfile

import numpy as np
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the rest of the submission
from scratch.honest import Adam as Honest


class Adam(Honest):
    def step(self):
        with tempfile.TemporaryDirectory() as folder:
            np.save(os.path.join(folder, "x.npy"), np.arange(5.0))
            assert np.load(os.path.join(folder, "x.npy"))[4] == 4.0
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("hello")
        super().step()
