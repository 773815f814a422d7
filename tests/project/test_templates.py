"""The two templates of the report ask for the same."""

from __future__ import annotations

import re
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "assignments" / "individual_project" / "templates"


def read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def test_both_reports_have_the_same_sections_and_prompts() -> None:
    """Who writes LaTeX gets the sections of the Markdown report, each with its prompt."""
    markdown = re.findall(r"^## (.+)\n\n(TODO: [^\n]*?)[.?;,]", read("report.md"), re.M)
    latex = re.findall(r"^\\section\{(.+)\}\n(TODO: [^\n]*?)[.?;,]", read("report.tex"), re.M)
    assert 7 == len(latex)
    assert latex == [one for one in markdown if one[0] != "References"]  # LaTeX makes this one of its own list
    assert len(latex) + 1 == len(markdown)


def test_environments_of_the_latex_report_are_closed() -> None:
    """Each begin has its end, so that the template compiles."""
    text = re.sub(r"(?m)^%.*$", "", read("report.tex"))
    open_now: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            open_now.append(name)
        else:
            assert open_now.pop() == name
    assert [] == open_now
