"""From a submission's files to the modules that the sandbox imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from autograder.course.folder import StageFolder, texts
from autograder.model import Finding, FindingKind, Submission, SubmittedFile, Workspace


class AmbiguousSubmission(Exception):
    """Two files could be the required one and they differ: a person must choose."""


def build_workspace(stage: StageFolder, submission: Submission) -> Workspace:
    """The released modules, the probes, the required files and what the student put beside them.

    A required file is found by its whole path, else by its name alone, the shallowest first.

    Raises:
        AmbiguousSubmission: two different files stand equally near.
    """
    given = texts(stage.given_files())
    chosen: dict[str, SubmittedFile] = {}
    missing: list[str] = []
    for required in stage.policy.files:
        found = _find(required, submission.files)
        if found is None:
            missing.append(required)
        else:
            chosen[required] = found
    extras = _extras(submission.files, chosen, set(given))
    modules = {**given, **{path: file.data for path, file in chosen.items()}, **extras}
    findings = [_missing_finding(path, submission.files) for path in missing]
    return Workspace(modules, frozenset({*chosen, *extras}), tuple(missing), tuple(findings), tolerant=True)


def reference_workspace(stage: StageFolder) -> Workspace:
    """The reference as if it had been submitted; for budgets and for proofs."""
    return workspace_of(stage, stage.reference_files())


def workspace_of(stage: StageFolder, files: dict[str, str]) -> Workspace:
    """A workspace from files at their required paths."""
    modules = {**texts(stage.given_files()), **texts(files)}
    missing = tuple(path for path in stage.policy.files if path not in files)
    return Workspace(modules, frozenset(files), missing, tolerant=True)


def _find(required: str, files: Sequence[SubmittedFile]) -> SubmittedFile | None:
    wanted = PurePosixPath(required)
    by_nearness: dict[tuple[int, int], list[SubmittedFile]] = {}
    for file in files:
        path = PurePosixPath(file.path)
        if path.name != wanted.name:
            continue
        whole = path.parts[-len(wanted.parts) :] == wanted.parts
        by_nearness.setdefault((0 if whole else 1, len(path.parts)), []).append(file)
    if not by_nearness:
        return None
    nearest = by_nearness[min(by_nearness)]
    if len({file.sha256 for file in nearest}) > 1:
        paths = ", ".join(file.path for file in nearest)
        raise AmbiguousSubmission(f"which one is {required}: {paths}?")
    return nearest[0]


def _extras(files: Sequence[SubmittedFile], chosen: dict[str, SubmittedFile], given: set[str]) -> dict[str, bytes]:
    """Other Python files, where the student's imports would find them; never in place of ours."""
    extras: dict[str, bytes] = {}
    taken = {file.path for file in chosen.values()}
    roots = {_root(required, file.path) for required, file in chosen.items()}
    for file in files:
        if file.path in taken or not file.path.endswith(".py"):
            continue
        for root, package in roots:
            if file.path.startswith(root):
                inner = file.path[len(root) :]
                # A file beside a loose optim.py may be imported as a sibling in the package or as a top-level module.
                for path in {inner, f"{package}/{inner}" if package else inner}:
                    if path not in given and path not in chosen:
                        extras.setdefault(path, file.data)
    return extras


def _root(required: str, path: str) -> tuple[str, str]:
    """The folder that stands for the bundle's root, and the package that loose files stand in."""
    if path == required or path.endswith(f"/{required}"):
        return path[: len(path) - len(required)], ""
    return path[: len(path) - len(PurePosixPath(path).name)], str(PurePosixPath(required).parent)


def _missing_finding(required: str, files: Sequence[SubmittedFile]) -> Finding:
    name, noun = PurePosixPath(required).name, "file" if len(files) == 1 else "files"
    near = [file.path for file in files if PurePosixPath(file.path).name.lower() == name.lower()]
    notebooks = [file.path for file in files if file.path.endswith(".ipynb")]
    hint = ""
    if near:
        hint = f"{near[0]} has another spelling; the file must be called {name}."
    elif notebooks:
        hint = "A notebook was sent; only code in the named files is graded."
    return Finding(FindingKind.FILE, f"{required} is missing from what you sent ({len(files)} {noun})", hint)
