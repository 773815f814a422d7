"""From a submission's files, or a stage's own, to the modules that the sandbox imports."""

from __future__ import annotations

from autograder.course.folder import StageFolder, texts
from autograder.course.mistakes import Mistake, Variant, apply_changes
from autograder.model import Submission, SubmittedFile, Workspace
from autograder.runner.assembly import AmbiguousSubmission, assemble
from autograder.runner.submitcells import submit_cells


def build_workspace(stage: StageFolder, submission: Submission) -> Workspace:
    """The released modules, the probes, the required files and what the student put beside them.

    Raises:
        AmbiguousSubmission: two different files are equally near to a required one.
    """
    return assemble(
        stage.policy.files,
        submission.files,
        dict(stage.given_modules),
        stage.packages,
        handed_out=stage.handed_out,
        wanted=stage.policy.resource_filter,
    )


def graded_files(stage: StageFolder, submission: Submission) -> dict[str, SubmittedFile]:
    """By required path, the submitted file that counts as it; empty where a person must choose between two."""
    try:
        workspace = build_workspace(stage, submission)
    except AmbiguousSubmission:
        return {}
    found = {}
    sent = (*submission.files, *submit_cells(submission.files))
    for required in stage.policy.files:
        data = workspace.modules[required] if required in workspace.student_paths else None
        alike = [file for file in sent if data is not None and file.size_bytes == len(data)]
        same = [file for file in alike if file.data == data]
        if same:
            found[required] = next((file for file in same if file.path == required), same[0])
    return found


def reference_workspace(stage: StageFolder) -> Workspace:
    """The reference as if it had been submitted; for budgets and for proofs."""
    return workspace_of(stage, stage.reference_files())


def entry_workspace(stage: StageFolder, entry: Mistake | Variant) -> Workspace:
    """A mistake or a variant as if it had been submitted; a change may be of a resource that is text."""
    is_resource = stage.policy.resource_filter.wants
    files = apply_changes(
        stage.reference_files(entry.folder), tuple(one for one in entry.changes if not is_resource(one.path))
    )
    resources = stage.reference_resources(entry.folder)
    changes = tuple(one for one in entry.changes if is_resource(one.path))
    touched = {one.path: resources[one.path].decode() for one in changes if one.path in resources}
    return workspace_of(stage, files, resources | texts(apply_changes(touched, changes)))


def workspace_of(stage: StageFolder, files: dict[str, str], resources: dict[str, bytes] | None = None) -> Workspace:
    """A workspace from files at their required paths; resources are the reference's if there are no others."""
    modules = {**texts(stage.given_files()), **texts(files)}
    missing = tuple(path for path in stage.policy.files if path not in files)
    return Workspace(
        modules,
        frozenset(files),
        missing,
        tolerant=True,
        packages=stage.packages,
        resources=stage.reference_resources() if resources is None else resources,
    )
