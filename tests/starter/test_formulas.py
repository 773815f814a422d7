"""Formulas of specifications and notebooks: those that a renderer would show as plain text are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = sorted((ROOT / "assignments").glob("s*/spec.md")) + sorted((ROOT / "assignments").glob("[!_]*/notebook.py"))
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"\$([^$]+)\$")


def markdown_of(path: Path) -> str:
    """A specification, or the markdown cells of a notebook, without code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        cells = re.split(r"(?m)^# %%", text)
        text = "\n".join(cell for cell in cells if cell.startswith(" [markdown]"))
        text = re.sub(r"(?m)^# ?", "", text)
    return CODE.sub("", text)


def problems(text: str) -> list[str]:
    """Formulas without an end, or whose braces, environments or left and right delimiters do not match."""
    found = []
    displays, rest = DISPLAY.findall(text), DISPLAY.sub("", text)
    if rest.count("$") % 2:
        found.append("a formula has no end")
    for formula in displays + INLINE.findall(rest):
        braces = re.sub(r"\\[{}]", "", formula)
        pairs = {
            "braces": (braces.count("{"), braces.count("}")),
            "environments": (formula.count(r"\begin{"), formula.count(r"\end{")),
            "left and right": (len(re.findall(r"\\left\b", formula)), len(re.findall(r"\\right\b", formula))),
        }
        found += [f"{what}: {formula}" for what, (opened, closed) in pairs.items() if opened != closed]
    return found + [f"an empty line ends it: {formula}" for formula in displays if "\n\n" in formula]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_formulas_can_be_rendered(path: Path) -> None:
    """Jupyter, VS Code and GitHub show each as a formula."""
    assert [] == problems(markdown_of(path))


@pytest.mark.parametrize(
    "stage", sorted({path.parent for path in TEXTS if path.suffix == ".md"}), ids=lambda path: path.name
)
def test_the_main_formulas_are_formulas(stage: Path) -> None:
    """Every specification has its main formulas on lines of their own."""
    assert DISPLAY.findall(markdown_of(stage / "spec.md"))


@pytest.mark.parametrize(
    "text",
    ["$x", r"$\frac{1}{2$", r"$$\begin{aligned} x$$", r"$\left( x )$", "$$x\n\n+ 1$$"],
    ids=str,
)
def test_broken_formulas_are_found(text: str) -> None:
    """No end, an open brace, an environment without its end, a lone left delimiter, an empty line."""
    assert problems(text)
