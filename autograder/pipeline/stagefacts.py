"""What a report says about a stage besides its points: sections of the spec, limits, versions."""

from __future__ import annotations

from typing import Any

from autograder.course import StageFolder
from autograder.course.spec_sections import spec_sections
from autograder.pipeline.fingerprints import stage_environment, stage_packages
from autograder.testing.packing import starter_digest


def stage_facts(stage: StageFolder) -> dict[str, Any]:
    """Fields of :class:`autograder.model.StageSummary` that are read from the stage's folder and from this machine."""
    environment = stage_environment(stage)
    text = _text(stage, "spec.md")
    packages = ("python", *stage_packages(stage))
    found = environment.description
    return {
        "sections": spec_sections(text, stage.policy.test_points),
        "limits": _limits(stage),
        "versions": {name.replace("python", "Python"): found[name] for name in packages if name in found},
        "environment_sha256": environment.sha256,
        "rubric_text": _text(stage, "rubric.md"),
        "starter_sha256": {path: starter_digest(text.encode()) for path, text in stage.starter_files().items()},
    }


def _text(stage: StageFolder, name: str) -> str:
    path = stage.assignment / name
    return path.read_text("utf-8", "replace") if path.is_file() else ""


def _limits(stage: StageFolder) -> tuple[str, ...]:
    limits = stage.limits
    return (
        f"{limits.cpu_seconds:g} seconds of CPU time",
        f"{limits.wall_seconds:g} seconds by the clock",
        f"{limits.submission_seconds:g} seconds without computing in all calls together",
        f"{limits.memory_mib:,} MiB of memory",
        f"{limits.processes} threads and processes",
        f"{limits.files} open files",
        f"{limits.output_kib:,} KiB of printed output",
    )
