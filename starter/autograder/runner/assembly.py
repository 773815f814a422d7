"""From the files of a submission to the modules that a student's process imports: the same at home and when grading."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from autograder.model import Finding, FindingKind, SubmittedFile, Workspace
from autograder.runner.submitcells import submit_cells

# what browsers, file managers and people add to a name: " (1)", "(1)", " - Copy", " copy 2", "_2724", "2724_", "-final"
_COPY = re.compile(r"(?i)\s*(\(\d+\)|-?\s*copy(\s*\(?\d+\)?)?|-?\s*copie(\s*\(?\d+\)?)?)\s*$")
SAME_MOMENT = timedelta(seconds=2)  # a zip counts in steps of two seconds
_NUMBER = re.compile(r"(?<=[a-z])v?\d+$")  # "optim2", "optimv3"
_WORDS = re.compile(r"[^A-Za-z0-9]+")
_FURTHER_ENDINGS = (".txt", ".text", ".bak", ".py")  # "optim.py.txt": some systems hide the last ending


class AmbiguousSubmission(Exception):
    """Two files could be the required one and they differ: a person must choose."""


@dataclass(frozen=True)
class Chosen:
    """The file that counts as a required one; ``is_near`` where its name is not the required one."""

    file: SubmittedFile
    is_near: bool = False


def is_given(library_path: str, required: Sequence[str]) -> bool:
    """Whether a module of the course's own goes with a stage: each package's first, others with their own package."""
    package = library_path.partition("/")[0]
    return library_path.count("/") == 1 or any(path.startswith(f"{package}/") for path in required)


@dataclass(frozen=True)
class ResourceFilter:
    """Which files other than Python go to a submission's process.

    Attributes:
        patterns: of their paths, ``project/runs/*``; ``*`` is any text, ``/`` included.
        most_mib: of all of them together.
    """

    patterns: tuple[str, ...] = ()
    most_mib: float = 32.0

    def wants(self, path: str) -> bool:
        """Whether a file of this path is one of them; Python files are the stage's ``files``."""
        return not path.endswith(".py") and any(fnmatchcase(path, pattern) for pattern in self.patterns)


NO_RESOURCES = ResourceFilter()


def assemble(
    required: Sequence[str],
    files: Sequence[SubmittedFile],
    given: Mapping[str, bytes],
    packages: Sequence[str],
    handed_out: Collection[str] = (),
    wanted: ResourceFilter = NO_RESOURCES,
) -> Workspace:
    """The released modules, the required files and what the student put beside them.

    A required file is found by its whole path, else by its name alone, the shallowest first; else by a name that
    differs only by what a browser, a file manager or a person adds to it, and then a finding says so. A notebook's cell
    that is marked as a file counts like a file. A file as it was
    handed out counts only where there is no other: a starter's zip beside the finished file is no newer version of it.

    Args:
        required: paths that a stage asks for, ``scratch/optim.py``.
        files: what was sent.
        given: the modules that the course adds; they win over files of the same path.
        packages: the course's own packages.
        handed_out: SHA-256 of required files in which nothing has been written yet.
        wanted: which of the other files go with them.

    Raises:
        AmbiguousSubmission: two different files are equally near.
    """
    files = (*files, *submit_cells(files))
    written = [file for file in files if file.sha256 not in handed_out]
    chosen: dict[str, Chosen] = {}
    for path in required:
        found = _exact(path, written)
        if found is not None:
            _refuse_newer_copy(path, found, written)
            chosen[path] = Chosen(found)
    for path in required:
        if path not in chosen:
            name = PurePosixPath(path).name  # where it is as handed out, only a copy of that name can be meant
            untouched = next((file for file in files if PurePosixPath(file.path).name == name), None)
            taken = {item.file.path for item in chosen.values()}
            rest = [file for file in written if file.path not in taken]
            near = _near(path, rest, required, copies_only=untouched is not None)
            if near is not None:
                chosen[path] = Chosen(near, is_near=True)
            elif untouched is not None:
                chosen[path] = Chosen(untouched)
    missing = tuple(path for path in required if path not in chosen)
    extras = _extras(files, {path: item.file for path, item in chosen.items()}, set(given))
    modules = {**given, **{path: item.file.data for path, item in chosen.items()}, **extras}
    findings = [_near_finding(path, item.file, files) for path, item in chosen.items() if item.is_near]
    for path, item in chosen.items():
        findings += _other_findings(path, item.file, files, handed_out)
    used = {item.file.path for item in chosen.values()}
    findings += [_missing_finding(path, files, used) for path in missing]
    student_paths = frozenset({*chosen, *extras})
    resources, too_large = _resources(files, {path: item.file for path, item in chosen.items()}, wanted)
    return Workspace(
        modules,
        student_paths,
        missing,
        (*findings, *too_large),
        tolerant=True,
        packages=tuple(packages),
        resources=resources,
    )


def _exact(required: str, files: Sequence[SubmittedFile]) -> SubmittedFile | None:
    """The file of the very name; of several uploads the newest that has one counts."""
    wanted = PurePosixPath(required)
    files = _newest([file for file in files if PurePosixPath(file.path).name == wanted.name])
    if len({_archive(file) for file in files}) > 1 and all(file.uploaded_at for file in files):
        return _only(required, files)  # uploaded together: neither is the newer version
    by_nearness: dict[tuple[int, int], list[SubmittedFile]] = {}
    for file in files:
        path = PurePosixPath(file.path)
        if path.name == wanted.name:
            whole = path.parts[-len(wanted.parts) :] == wanted.parts
            by_nearness.setdefault((0 if whole else 1, len(path.parts)), []).append(file)
    return _only(required, by_nearness[min(by_nearness)]) if by_nearness else None


def _near(
    required: str, files: Sequence[SubmittedFile], all_required: Sequence[str], *, copies_only: bool
) -> SubmittedFile | None:
    """The file whose name is the required one but for what is added to names; of several groups the nearest."""
    wanted = PurePosixPath(required)
    others = {PurePosixPath(path).name for path in all_required if path != required}
    candidates = [file for file in files if PurePosixPath(file.path).name not in others]
    for is_near in (_differs_by_copying,) if copies_only else (_differs_by_copying, _has_the_word):
        found = _newest([file for file in candidates if is_near(PurePosixPath(file.path).name, wanted)])
        if found:
            return _only(required, found)
    return None


def _refuse_newer_copy(required: str, chosen: SubmittedFile, files: Sequence[SubmittedFile]) -> None:
    """A browser calls a second version ``optim (1).py``: where it is the newer one, a person must choose."""
    wanted = PurePosixPath(required)
    for file in files:
        name = PurePosixPath(file.path).name
        if name == wanted.name or not _differs_by_copying(name, wanted) or file.sha256 == chosen.sha256:
            continue
        if file.uploaded_at and chosen.uploaded_at and file.uploaded_at - chosen.uploaded_at > SAME_MOMENT:
            raise AmbiguousSubmission(f"which one is {required}: {file.path} is newer than {chosen.path}")


def _newest(files: Sequence[SubmittedFile]) -> Sequence[SubmittedFile]:
    """Those of the newest upload; all of them where a time is unknown."""
    moments = [file.uploaded_at for file in files if file.uploaded_at is not None]
    if not moments or len(moments) < len(files):
        return files
    newest = max(moments)
    return [file for file in files if file.uploaded_at is not None and newest - file.uploaded_at <= SAME_MOMENT]


def _archive(file: SubmittedFile) -> str:
    """The upload that a file was in; '' for a file that was uploaded by itself."""
    return file.upload if file.upload != file.path else ""


def _only(required: str, files: Sequence[SubmittedFile]) -> SubmittedFile:
    if len({file.sha256 for file in files}) > 1:
        paths = ", ".join(map(_place_of, files))
        raise AmbiguousSubmission(f"which one is {required}: {paths}?")
    return files[0]


def _stem(name: str, suffix: str) -> str | None:
    """The name without its endings, None where it is no file of the wanted kind."""
    lower = name.lower()
    while True:
        ending = next((ending for ending in _FURTHER_ENDINGS if lower.endswith(suffix + ending)), None)
        if ending is None:
            break
        lower, name = lower[: -len(ending)], name[: -len(ending)]
    return name[: -len(suffix)] if lower.endswith(suffix) else None


def _differs_by_copying(name: str, wanted: PurePosixPath) -> bool:
    stem = _stem(name, wanted.suffix)
    if stem is None:
        return False
    while (shorter := _COPY.sub("", stem)) != stem:
        stem = shorter
    return stem.strip().lower() == wanted.stem.lower()


def _has_the_word(name: str, wanted: PurePosixPath) -> bool:
    """Whether the required name is one of the words of this one: ``2724_optim.py``, ``optim-v2.py``, ``optim2.py``."""
    stem = _stem(name, wanted.suffix)
    if stem is None:
        return False
    words = [word.lower() for word in _WORDS.split(stem) if word]
    parts = [word.lower() for word in _WORDS.split(wanted.stem) if word]
    if words and words[-1:] != parts[-1:]:
        words = [*words[:-1], _NUMBER.sub("", words[-1])]
    if {"test", "tests"} & (set(words) - set(parts)):  # tests of the file, not the file
        return False
    return any(words[start : start + len(parts)] == parts for start in range(len(words) - len(parts) + 1))


def _extras(files: Sequence[SubmittedFile], chosen: Mapping[str, SubmittedFile], given: set[str]) -> dict[str, bytes]:
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


def _resources(
    files: Sequence[SubmittedFile], chosen: Mapping[str, SubmittedFile], wanted: ResourceFilter
) -> tuple[dict[str, bytes], list[Finding]]:
    """The wanted files beside the chosen ones, the smallest first, up to the limit; a finding for each left out.

    Raises:
        AmbiguousSubmission: two different files have the same place.
    """
    candidates: dict[str, list[SubmittedFile]] = {}
    roots = {_root(required, file.path) for required, file in chosen.items()} if wanted.patterns else ()
    for file in files if roots else ():
        for path in {place for root, package in roots for place in _places(file.path, root, package)}:
            if wanted.wants(path):
                candidates.setdefault(path, []).append(file)
    places = {path: _only(path, _newest(group)) for path, group in candidates.items()}
    found: dict[str, bytes] = {}
    findings: list[Finding] = []
    left = int(wanted.most_mib * (1 << 20))
    for path, file in sorted(places.items(), key=lambda item: (item[1].size_bytes, item[0])):
        if file.size_bytes <= left:
            found[path] = file.data
            left -= file.size_bytes
        else:
            size = f"{path} was not read: it has {file.size_bytes / (1 << 20):.0f} MiB"
            limit = f"all such files together may have {wanted.most_mib:g} MiB"
            findings.append(Finding(FindingKind.FILE, f"{size}; {limit}"))
    return dict(sorted(found.items())), findings


def _places(path: str, root: str, package: str) -> tuple[str, ...]:
    """Where a file is in a submission: below the root, and below the package where the submission has no folder."""
    if not path.startswith(root):
        return ()
    inner = path[len(root) :]
    return (inner, f"{package}/{inner}") if package else (inner,)


def _root(required: str, path: str) -> tuple[str, str]:
    """The folder that is the bundle's root, and the package that loose files belong to."""
    if path == required or path.endswith(f"/{required}"):
        return path[: len(path) - len(required)], ""
    return path[: len(path) - len(PurePosixPath(path).name)], str(PurePosixPath(required).parent)


def _near_finding(required: str, file: SubmittedFile, files: Sequence[SubmittedFile]) -> Finding:
    is_there = any(PurePosixPath(other.path).name == PurePosixPath(required).name for other in files)
    lacks = "has nothing of yours in it" if is_there else "is not among what you sent"
    return Finding(
        FindingKind.FILE,
        f"{required} {lacks}; {file.path} was graded as {required}",
        f"Next time keep the name {PurePosixPath(required).name}.",
    )


def _other_findings(
    required: str, chosen: SubmittedFile, files: Sequence[SubmittedFile], handed_out: Collection[str]
) -> list[Finding]:
    """Which upload was graded, where another has a file of the same name with other contents."""
    name = PurePosixPath(required).name
    others = [
        file
        for file in files
        if file is not chosen and PurePosixPath(file.path).name == name and file.sha256 != chosen.sha256
    ]
    if not others:
        return []
    places = ", ".join(
        dict.fromkeys(_place_of(file) + (" (as handed out)" if file.sha256 in handed_out else "") for file in others)
    )
    return [Finding(FindingKind.FILE, f"{required}: {_place_of(chosen)} was graded; not graded: {places}")]


def _place_of(file: SubmittedFile) -> str:
    inner = f" in {_archive(file)}" if _archive(file) else ""
    return f"{file.path}{inner}" + (f" of {file.uploaded_at:%Y-%m-%d %H:%M}" if file.uploaded_at else "")


def _missing_finding(required: str, files: Sequence[SubmittedFile], used: Collection[str]) -> Finding:
    name, noun = PurePosixPath(required).name, "file" if len(files) == 1 else "files"
    hint = ""
    if any(file.path.endswith(".ipynb") for file in files):
        hint = "A notebook was sent; only code in the named files is graded."
    elif len(scripts := [file.path for file in files if file.path.endswith(".py")]) == 1 and scripts[0] not in used:
        hint = f"The only Python file is {scripts[0]}; the file must be called {name}."
    return Finding(FindingKind.FILE, f"{required} is missing from what you sent ({len(files)} {noun})", hint)
