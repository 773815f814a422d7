"""Our pages in a real browser: axe-core finds nothing serious, and nothing is wider than a telephone."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.report import class_page, staff_page, student_page
from tests.report import samples

VENDOR = Path(__file__).parent / "vendor"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (390, 1280)
DARK = "--blink-settings=preferredColorScheme=0"
CSP = '<meta http-equiv="Content-Security-Policy"'
# Our policy allows no script, so the copies that are looked at are without it. Each reports to the page around it.
LOOK = """<script>AXE</script><script>
axe.run(document, {resultTypes: ["violations"]}).then(found => parent.postMessage({
  page: document.title, file: FILE, width: innerWidth, scroll: document.documentElement.scrollWidth,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  violations: found.violations.map(one => [one.impact, one.id, ...one.nodes.slice(0, 3).map(node => node.html)]),
}, "*"), fault => parent.postMessage({file: FILE, fault: String(fault)}, "*"));
</script></body>"""
AROUND = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="color-scheme" content="light dark"></head><body>FRAMES<pre id="found"></pre><script>
const found = [];
addEventListener("message", message => {
  found.push(message.data);
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script></body></html>"""
SERIOUS = ("serious", "critical")
WRONG = (
    '<!DOCTYPE html><html lang="en"><head><title>wrong</title></head><body style="background:#fff">'
    '<div style="color:#eee;width:2000px">pale</div></body></html>'
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")


def pages() -> dict[str, str]:
    """Every kind of page, with hostile text in some, and one that shows whether faults are found."""
    rubric = replace(samples.SUMMARY, rubric_text="# clarity\n" + "long line " * 60)
    made = {name: getattr(samples, name)() for name in ("partly_right", "held", "hostile", "empty")}
    found = {f"student-{name}": student_page(one, samples.SUMMARY) for name, one in made.items()}
    found |= {f"staff-{name}": staff_page(made[name], rubric, "41210") for name in ("partly_right", "hostile")}
    found["class"] = class_page(samples.rows(*samples.a_class()), samples.SUMMARY, notes=["One mark was left out."])
    return {**found, "wrong": WRONG}


def looked_at(folder: Path, *flags: str) -> list[dict[str, Any]]:
    """What the browser found on each page in each width."""
    axe = (VENDOR / "axe.min.js").read_text("utf-8").replace("</script", "<\\/script")
    frames = []
    for name, page in pages().items():
        copy = re.sub(re.escape(CSP) + r"[^>]*>", "", page)
        look = LOOK.replace("FILE", json.dumps(name)).replace("AXE", axe)
        (folder / f"{name}.html").write_text(copy.replace("</body>", look), "utf-8")
        frames += [
            f'<iframe title="{name}" src="{name}.html" width="{width}" height="900"></iframe>' for width in WIDTHS
        ]
    around = folder / "around.html"
    around.write_text(AROUND.replace("FRAMES", "".join(frames)), "utf-8")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    command = [
        str(BROWSER), "--headless", *as_root, "--disable-gpu", f"--user-data-dir={folder / 'profile'}", *flags,
        "--virtual-time-budget=60000", "--dump-dom", around.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    shown = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert shown is not None
    found: list[dict[str, Any]] = json.loads(html.unescape(shown[1]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible_and_narrow(tmp_path: Path, is_dark: bool):  # a parameter
    """Every page, 390 and 1280 px wide: no serious finding of axe-core, and no scrolling sideways."""
    found = looked_at(tmp_path, *([DARK] if is_dark else []))

    assert len(pages()) * len(WIDTHS) == len(found)
    assert [] == [one for one in found if "fault" in one]
    assert {is_dark} == {one["dark"] for one in found}
    wrong = {(one["file"], one["width"], *it[:2]) for one in found for it in one["violations"] if it[0] in SERIOUS}
    wide = {(one["file"], one["width"]) for one in found if one["scroll"] > one["width"]}
    assert {("wrong", width, "serious", "color-contrast") for width in WIDTHS} == wrong
    assert {("wrong", width) for width in WIDTHS} == wide
