"""The folders of the package and the documents about them agree."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "autograder"
SAME_NAMES = {"__init__", "__main__"}


@pytest.mark.parametrize("room", ["runner", "sandbox", "tester"])
def test_a_room_has_a_page_that_names_its_modules(room: str) -> None:
    """At most 40 lines with one picture, and every module in them."""
    page = (PACKAGE / room / "README.md").read_text(encoding="utf-8")
    modules = {path.stem for path in (PACKAGE / room).rglob("*.py")} - SAME_NAMES

    assert len(page.splitlines()) <= 40
    assert 2 == page.count("```")
    assert set() == {name for name in modules if not re.search(rf"\b{name}\b", page)}


def test_a_module_s_name_is_its_own() -> None:
    """A name in a traceback or a question means one module; commands have the names of what they call."""
    names = Counter(path.stem for path in PACKAGE.rglob("*.py") if path.parent.name not in ("cli", "versions"))

    assert set() == {name for name in names.keys() - SAME_NAMES if names[name] > 1}


def test_new_names_in_the_table_of_rooms_exist() -> None:
    """Whoever looks up an old module finds the new one."""
    page = (ROOT / "docs" / "design" / "0004-rooms.md").read_text(encoding="utf-8")
    table = page.split("## Modules, old and new")[1].split("\n## ")[0]
    new = re.findall(
        r"\| `([\w/]+(?:\.py|/))`",
        "\n".join(line[line.index("|", 2) :] for line in table.splitlines() if line.startswith("| `")),
    )

    assert 40 < len(new)
    assert [] == [path for path in new if not (PACKAGE / path).exists()]


def test_no_module_is_longer_than_contributing_allows() -> None:
    """A module has at most 400 lines: beyond that it does two things."""
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }

    assert "at most 400 lines" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert {} == {name: lines for name, lines in lengths.items() if lines > 400}
