"""The files that other programs read: hosted CI, hooks before a commit, the package's description, the changelog."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from autograder import __version__

ROOT = Path(__file__).parent.parent
MACHINES = {"ubuntu-latest", "macos-latest", "windows-latest"}
SHELL = {"sudo", "env", "python"}  # each hosted machine has these


def load(path: str) -> Any:
    """A YAML file of the repository."""
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def steps() -> list[dict[str, Any]]:
    """Every step of every job."""
    return [step for job in load(".github/workflows/ci.yml")["jobs"].values() for step in job["steps"]]


def test_hosted_ci_runs_what_exists() -> None:
    """Each word of a command that looks like a program or a file of ours is one."""
    commands = [re.sub(r"\$\{\{.*?\}\}", "", step["run"]) for step in steps() if "run" in step]
    words = [word for command in commands for word in command.split() if re.fullmatch(r"[\w./]+", word)]
    unknown = [word for word in words if word not in SHELL and not (ROOT / word).is_file()]

    assert [] == unknown
    assert any(".ci/run" in command for command in commands)
    assert any("tests/starter/smoke.py" in command for command in commands)


def test_actions_are_pinned_by_major_version() -> None:
    """A new major version comes in by a commit."""
    assert [] == [step["uses"] for step in steps() if "uses" in step and not re.search(r"@v\d+$", step["uses"])]


def test_the_starter_is_tried_on_the_oldest_and_the_newest() -> None:
    """Three systems, two versions of Python, two of numpy; the oldest are those that the package declares."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    matrix = load(".github/workflows/ci.yml")["jobs"]["starter"]["strategy"]["matrix"]
    oldest = next(one for one in project["dependencies"] if one.startswith("numpy"))

    assert MACHINES == set(matrix["os"])
    assert project["requires-python"] == f">={matrix['python'][0]}"
    assert oldest == f"{matrix['numpy'][0].replace('==', '>=').removesuffix('.*')},<3"
    assert "numpy<3" == matrix["numpy"][1]


def test_hooks_before_a_commit_exist() -> None:
    """Each is a program of the development environment, and `make check` runs it too."""
    hooks = [hook for repo in load(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert {"ruff", "ruff-format", "mypy", "lint-imports"} == {hook["id"] for hook in hooks}
    for hook in hooks:
        program = hook["entry"].split()[0]
        assert "system" == hook["language"]
        assert shutil.which(program, path=str(Path(sys.executable).parent)), program
        assert f"$(BIN)/{program}" in makefile


def test_what_the_maintainers_page_names_exists() -> None:
    """Every `make` target of docs/maintainer.md, CONTRIBUTING.md, README.md and .ci/run is in the Makefile."""
    files = ("docs/maintainer.md", "CONTRIBUTING.md", "README.md", ".ci/run")
    text = "".join((ROOT / name).read_text("utf-8") for name in files)
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    assert set() == named - targets
    assert {"test", "check", "quick", "cover"} <= named


def test_the_changelog_has_this_version() -> None:
    """Sections newest first, each version with its date, the newest dated one being the package's."""
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    versions = [re.fullmatch(r"(\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)", head) for head in heads if head != "Unreleased"]

    assert all(versions)
    found = [(match[1], date.fromisoformat(match[2])) for match in versions if match]
    assert __version__ == found[0][0]
    assert sorted(found, reverse=True) == found


def test_the_changelog_has_each_entry_once() -> None:
    """A merge can bring an entry into a second place."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    entries = [
        " ".join(entry.split())[:60] for entry in re.findall(r"^- (.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    ]

    assert 20 < len(entries)
    assert [] == [entry for entry, times in Counter(entries).items() if times > 1]


def test_the_licence_and_the_authors_are_named() -> None:
    """In the file, and in what a package index shows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert ("MIT", ["LICENSE"]) == (project["license"], project["license-files"])
    assert [{"name": "the autograder authors"}] == project["authors"]
    assert "the autograder authors" in (ROOT / "LICENSE").read_text("utf-8")


@pytest.mark.slow
def test_the_starter_works_on_this_machine() -> None:
    """What hosted CI runs on each system, here without a fresh environment."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/starter/smoke.py")], capture_output=True, text=True, check=False
    )

    assert "starter ok" == (done.stdout.splitlines() or [done.stderr])[-1], done.stdout + done.stderr
