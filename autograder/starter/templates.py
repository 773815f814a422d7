"""A new stage from the templates."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.course.modulenames import hidden_here_by
from autograder.errors import UsageError
from autograder.runner.runtimes import RuntimeName

PACKAGES = {RuntimeName.NUMPY: "scratch", RuntimeName.TORCH: "models"}  # where the template's module goes
ENTRY = """  {stage}:
    title: A title
    week: 12
    due: 2027-05-07 17:00 Europe/Dublin
    runtime: {runtime}
    files: [{package}/{module}.py]
    tests:
      public: {{test_double_worked_example: 20}}
      hidden: {{test_double: 70}}
    rubric: {{clarity: 10}}
"""


def new_stage(root: Path, stage: str, runtime: RuntimeName = RuntimeName.NUMPY) -> dict[Path, str]:
    """The files of a new stage, by where they go; nothing is written.

    Raises:
        UsageError: the name is not like s14_name, its module would hide another one, or something of that name is
            there.
    """
    package = PACKAGES[runtime]
    found = re.fullmatch(r"s\d\d_([a-z][a-z0-9_]*)", stage)
    if found is None:
        raise UsageError(f"{stage!r} is not a stage's name; such as s14_transfer")
    module = found[1]
    hidden = hidden_here_by(module)
    if hidden:
        raise UsageError(f"{stage}: {hidden}, and {package}/{module}.py could be imported in its place; another name")
    files: dict[Path, str] = {}
    for side in ("assignments", "solutions"):
        for path in sorted((root / side / "_template").iterdir()):
            target = root / side / stage / path.name
            if path.name == "module.py":
                target = root / "solutions" / package / f"{module}.py"
            text = path.read_text(encoding="utf-8").replace("STAGE", stage).replace("MODULE", module)
            files[target] = text.replace("scratch", package)
    there = [str(target.relative_to(root)) for target in files if target.exists()]
    if there:
        raise UsageError(f"{', '.join(there)}: there already")
    return files


def entry(stage: str, runtime: RuntimeName = RuntimeName.NUMPY) -> str:
    """What goes into ``grading.yml``."""
    return ENTRY.format(stage=stage, module=stage.partition("_")[2], runtime=runtime, package=PACKAGES[runtime])
