"""Our pages in a real browser: axe-core finds nothing serious, and nothing is wider than a telephone."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from autograder.graded import Decision, DecisionKind
from autograder.report import class_page, staff_page, student_page
from tests.report import samples

VENDOR = Path(__file__).parent / "vendor"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (390, 1280)
DARK = "--blink-settings=preferredColorScheme=0"
CSP = '<meta http-equiv="Content-Security-Policy"'
# Our policy allows no script, so the copies that are looked at are without it. Each reports to the page around it.
LOOK = """<script>AXE</script><script>
const report = found =>
  fetch("/found", {method: "POST", body: JSON.stringify({file: FILE, width: innerWidth, ...found})});
axe.run(document, {resultTypes: ["violations"]}).then(found => report({
  page: document.title, scroll: document.documentElement.scrollWidth,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  violations: found.violations.map(one => [one.impact, one.id, ...one.nodes.slice(0, 3).map(node => node.html)]),
}), fault => report({fault: String(fault)}));
</script></body>"""
AROUND = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="color-scheme" content="light dark"></head><body>FRAMES</body></html>"""
PATIENCE_SECONDS = 600  # far more than a loaded machine needs; only a browser that hangs waits so long
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
    value, when = {"waived": True}, "2027-02-13T09:00:00+00:00"
    decision = Decision("s04_optimisers", "41300", DecisionKind.WAIVE, value, "ill", "ta", 7, when)
    found["class"] = class_page(
        samples.rows(*samples.a_class()),
        samples.SUMMARY,
        notes=["Participant 41300: one mark was left out."],
        decisions=[decision],
    )
    return {**found, "wrong": WRONG}


class Pages(SimpleHTTPRequestHandler):
    """Serves the copies, and takes what each of them reports: the test ends when all have, however long that takes."""

    def __init__(self, *arguments: Any, found: queue.Queue[dict[str, Any]], folder: Path):
        self.found = found
        super().__init__(*arguments, directory=str(folder))

    def do_POST(self) -> None:
        """One page's report."""
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Nothing on the terminal."""


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """The address of `folder`'s pages, and the queue of what they report."""
    found: queue.Queue[dict[str, Any]] = queue.Queue()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, found=found, folder=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", found
        finally:
            server.shutdown()
            thread.join()


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
    (folder / "around.html").write_text(AROUND.replace("FRAMES", "".join(frames)), "utf-8")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    command = [
        str(BROWSER), "--headless", *as_root, "--disable-gpu", f"--user-data-dir={folder / 'profile'}", *flags,
        "--remote-debugging-port=0",  # else it ends as soon as the page is loaded, before the pages have reported
    ]  # fmt: skip
    with served(folder) as (address, found):
        browser = subprocess.Popen(
            [*command, f"{address}/around.html"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return [found.get(timeout=PATIENCE_SECONDS) for _ in frames]
        finally:
            browser.terminate()
            browser.wait(timeout=PATIENCE_SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible_and_narrow(tmp_path: Path, is_dark: bool):  # a parameter
    """Every page, 390 and 1280 px wide: no serious finding of axe-core, and no scrolling sideways."""
    found = looked_at(tmp_path, *([DARK] if is_dark else []))

    assert {(name, width) for name in pages() for width in WIDTHS} == {(one["file"], one["width"]) for one in found}
    assert [] == [one for one in found if "fault" in one]
    assert {is_dark} == {one["dark"] for one in found}
    wrong = {(one["file"], one["width"], *it[:2]) for one in found for it in one["violations"] if it[0] in SERIOUS}
    wide = {(one["file"], one["width"]) for one in found if one["scroll"] > one["width"]}
    assert {("wrong", width, "serious", "color-contrast") for width in WIDTHS} == wrong
    assert {("wrong", width) for width in WIDTHS} == wide
