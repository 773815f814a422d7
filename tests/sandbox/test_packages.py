"""What an installed package has put on disk."""

import pytest

from autograder.errors import SandboxFault
from autograder.runner import packages


def test_trees_hold_what_a_distribution_put_beside_its_package(tmp_path, monkeypatch):
    """Torch puts torchgen beside itself and imports it when a custom operator is made: a submission must see both."""
    for name in ("torchlike", "torchlikegen", "torchlike.libs", "needed"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("", encoding="utf-8")
    for name, entries, requires in (
        ("torchlike", ("torchlike", "torchlikegen"), "Requires-Dist: needed\n"),
        ("needed", ("needed",), ""),
    ):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        (info / "RECORD").write_text("".join(f"{entry}/__init__.py,,\n" for entry in entries), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = packages.package_trees("torchlike")
    wanted = ["torchlike", "torchlike.libs", "torchlikegen", "needed"]
    assert {str((tmp_path / name).resolve()) for name in wanted} <= set(found)
    assert len(set(found)) == len(found)


def test_a_package_that_is_not_installed_is_named():
    """The error names the package and the Python that lacks it."""
    with pytest.raises(SandboxFault, match="no_such_package is not installed for"):
        packages.package_trees("no_such_package")
