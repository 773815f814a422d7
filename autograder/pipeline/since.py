"""What has changed since records were made: files of the kit, of the stage, and versions, by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from autograder import __version__
from autograder.course import StageFolder
from autograder.gradebook import Gradebook, Record, kept_content, kept_environment
from autograder.pipeline.fingerprints import (
    changed_names,
    engine_manifest,
    engine_sha256,
    stage_environment,
    stage_manifest,
    stage_sha256,
)

MOST_NAMES = 5


def changed_since(stage: StageFolder, book: Gradebook, records: Iterable[Record]) -> list[str]:
    """A line for each state of kit, stage and environment that is another one now."""
    records = list(records)
    engine, tests, environment = engine_sha256(), stage_sha256(stage), stage_environment(stage)
    engines = {(one.key.engine_sha256, one.kit_version) for one in records if one.key.engine_sha256 != engine}
    stages = {one.key.stage_sha256 for one in records if one.key.stage_sha256 != tests}
    environments = {one.key.environment_sha256 for one in records} - {environment.sha256}
    lines = []
    for sha256, version in sorted(engines, key=str):
        what = _names(kept_content(book, sha256) if sha256 else None, engine_manifest())
        versions = f"version {version}" if version == __version__ else f"version {version}, now {__version__}"
        lines.append(f"the kit that graded ({versions}) differs in {what}")
    for sha256 in sorted(stages):
        what = _names(kept_content(book, sha256), stage_manifest(stage))
        lines.append(f"the stage of the record differs in {what}")
    for sha256 in sorted(environments):
        what = _versions(kept_environment(book, sha256), environment.description)
        lines.append(f"the machine of the record differs in {what}")
    return lines


def _names(before: bytes | None, after: bytes) -> str:
    """The files that differ; an older kit has not kept which there were."""
    if before is None:
        return "files that its record does not name"
    names = changed_names(before, after)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _versions(before: str | None, after: Mapping[str, str]) -> str:
    old = json.loads(before) if before is not None else {}
    return ", ".join(
        f"{name} {old.get(name, 'none')} (now {after.get(name, 'none')})"
        for name in sorted(old.keys() | after.keys())
        if old.get(name) != after.get(name)
    )
