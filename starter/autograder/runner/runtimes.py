"""What a stage's code runs on: ``runtime: numpy | torch`` in ``grading.yml``.

A new runtime is one more record here, and its warm-up in ``sandbox/child/warmup.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

ONE_THREAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
)
"""Environment of every process that computes: two of them with several threads each wait for each other."""


class RuntimeName(StrEnum):
    """The runtimes that a stage can have."""

    NUMPY = "numpy"
    TORCH = "torch"


class DeviceName(StrEnum):
    """Where a stage's code computes."""

    CPU = "cpu"
    GPU = "gpu"
    ANY = "any"


@dataclass(frozen=True)
class Runtime:
    """What can be imported beside the standard library, and how a process is made ready for it.

    Attributes:
        name: as in ``grading.yml``.
        packages: what a submission can import, with what these require.
        beside: further packages that it can import where they are installed, each with the module of it that the fork
            server imports.
        preload: modules that the fork server imports, so that no submission waits for them.
        warm_up: the function of ``sandbox/child/warmup.py`` that runs what is initialised at the first use.
        least_limits: a stage without limits of its own has the course's, raised to these; by key of ``limits``.
        self_test: source of a function ``runtime() -> {"problems": [...]}``, called in a new process of the sandbox.
        reference_in_sandbox: the reference answers in a process of the sandbox, so that the tester need not import the
            packages as well: torch with an optimiser's first step takes 2.5 s of CPU time and 300 MB.
    """

    name: RuntimeName
    packages: tuple[str, ...]
    preload: tuple[str, ...]
    warm_up: str
    self_test: str
    least_limits: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    reference_in_sandbox: bool = False


# what students' code commonly imports
STANDARD = (
    "abc", "argparse", "array", "ast", "base64", "bisect", "cmath", "collections.abc", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "gzip", "hashlib", "heapq", "inspect",
    "io", "itertools", "json", "keyword", "linecache", "logging", "math", "numbers", "operator", "os", "pathlib",
    "pickle", "platform", "pprint", "queue", "random", "re", "secrets", "shutil", "statistics", "string", "struct",
    "sys", "tempfile", "textwrap", "threading", "time", "timeit", "traceback", "types", "typing", "unittest",
    "unittest.mock", "uuid", "warnings", "weakref", "zipfile",
)  # fmt: skip
NUMPY = Runtime(
    name=RuntimeName.NUMPY,
    packages=("numpy",),
    preload=(
        *STANDARD, "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random", "numpy.testing",
        "numpy.typing",
    ),
    warm_up="numpy",
    self_test='''
def runtime():
    """A matrix product, and its inverse."""
    import numpy as np

    x = np.eye(4) + np.ones((4, 4))
    close = np.allclose(np.linalg.inv(x) @ x, np.eye(4))
    return {"problems": [] if close else ["numpy inverts a matrix wrongly"]}
''',
)  # fmt: skip
TORCH = Runtime(
    name=RuntimeName.TORCH,
    packages=("numpy", "torch"),
    beside=MappingProxyType({"safetensors": "safetensors.torch", "tensorboard": "torch.utils.tensorboard"}),
    preload=(
        *NUMPY.preload, "torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.utils.data", "torch.func",
    ),
    warm_up="torch",
    reference_in_sandbox=True,
    least_limits=MappingProxyType({"cpu_seconds": 10.0, "wall_seconds": 30.0, "memory_mib": 2048, "files": 128}),
    self_test='''
def runtime():
    """An optimiser's first step, in one thread."""
    import torch

    weight = torch.nn.Parameter(torch.ones(3))
    weight.sum().backward()
    torch.optim.SGD([weight], lr=0.5).step()
    problems = [] if torch.get_num_threads() == 1 else ["torch computes with more than one thread"]
    if weight.tolist() != [0.5, 0.5, 0.5]:
        problems.append("an optimiser of torch makes a wrong step")
    return {"problems": problems}
''',
)  # fmt: skip
RUNTIMES: Mapping[str, Runtime] = MappingProxyType({runtime.name: runtime for runtime in (NUMPY, TORCH)})
