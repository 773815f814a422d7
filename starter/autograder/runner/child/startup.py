"""Every process starts alike, at home and when grading: same seeds, few variables, no arguments."""

from __future__ import annotations

import os
import random
import sys

import numpy as np

FOLDER_VARIABLES = ("HOME", "TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME")
WINDOWS_FOLDER_VARIABLES = ("TEMP", "TMP", "USERPROFILE")
WINDOWS_VARIABLES = ("SYSTEMROOT", "SYSTEMDRIVE")  # Python itself needs them there
DEVICE = "AUTOGRADER_DEVICE"  # where the stage's probes compute: cpu or cuda, as torch.device spells it
# same results each time (torch, "Reproducibility"); and no files of compiled kernels
CUDA_VARIABLES = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "CUDA_CACHE_DISABLE": "1"}


def prepare(folder: str) -> None:
    """Give this process the environment, the arguments and the seeds that every submission has.

    Args:
        folder: its temporary folder.
    """
    kept = {name: os.environ[name] for name in WINDOWS_VARIABLES if sys.platform == "win32" and name in os.environ}
    device = os.environ.get(DEVICE, "cpu")
    os.environ.clear()
    names = FOLDER_VARIABLES + (WINDOWS_FOLDER_VARIABLES if sys.platform == "win32" else ())
    os.environ.update(kept, OMP_NUM_THREADS="1", USER="student", PYTHONTZPATH="", **dict.fromkeys(names, folder))
    os.environ.update({DEVICE: device}, **(CUDA_VARIABLES if device == "cuda" else {}))
    sys.argv[:] = [""]
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the legacy generator is the one that students' code may use unseeded
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)
