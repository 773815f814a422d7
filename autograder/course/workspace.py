"""From a submission's files, or a stage's own, to the modules that the sandbox imports."""

from __future__ import annotations

from autograder.course.folder import StageFolder, texts
from autograder.model import Submission, Workspace
from autograder.runner.assembly import assemble


def build_workspace(stage: StageFolder, submission: Submission) -> Workspace:
    """The released modules, the probes, the required files and what the student put beside them.

    Raises:
        AmbiguousSubmission: two different files are equally near to a required one.
    """
    return assemble(stage.policy.files, submission.files, texts(stage.given_files()), stage.packages)


def reference_workspace(stage: StageFolder) -> Workspace:
    """The reference as if it had been submitted; for budgets and for proofs."""
    return workspace_of(stage, stage.reference_files())


def workspace_of(stage: StageFolder, files: dict[str, str]) -> Workspace:
    """A workspace from files at their required paths."""
    modules = {**texts(stage.given_files()), **texts(files)}
    missing = tuple(path for path in stage.policy.files if path not in files)
    return Workspace(modules, frozenset(files), missing, tolerant=True, packages=stage.packages)
