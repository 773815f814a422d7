"""The recorded uploads: each experiment's file, what Moodle said, and the state that it began with."""

from __future__ import annotations

import copy
import json
import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder.moodle.files.datetext import moodle_date, parse_date, zone_of
from autograder.moodle.files.download import read_download
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.worksheet import Worksheet, parse_worksheet, read_worksheet
from tests.moodle.recordings import recordings_folder
from tests.moodle_server.importer import Assignment, Student

ZONE = "Europe/Dublin"
SEPARATORS = {"semicolon": ";", "tab": "\t", "colon": ":"}
# what the recordings' own results and exchanges tell of the state before: stored HTML and seconds
STORED = {
    ("a1", "sobriain"): (71.5, 1740043815, '<p>Good: <em>loss</em> "falls",\nbut see line 3; naïve β₂</p>'),
    ("a1", "jmurphy1"): (55.25, 1740043920, "<p>Existing comment</p>"),
    ("a1", "rsmith"): (40.0, 1740043860, None),
    ("a4", "jmurphy1"): (3.0, 1739610000, "<p>Attempt 1: Pass</p>"),
    ("a5", "sobriain"): (7.75, 1740043800, "<p>ok</p>"),
}
BLIND = {"41240": "sobriain", "41237": "lthihong"}


@dataclass(frozen=True)
class Experiment:
    """One recorded upload."""

    name: str
    assignment: str
    options: dict[str, Any]
    data: bytes
    file_name: str
    preview: str
    result: str
    changed: dict[str, dict[str, list[Any]]]
    user: str

    @property
    def is_zip(self) -> bool:
        """Whether it is a feedback zip rather than a worksheet."""
        return self.name.startswith("Z")


def experiments() -> list[Experiment]:
    """Every recorded upload, in order; none where there are no recordings."""
    found = []
    folder = recordings_folder() / "upload"
    for path in sorted(folder.glob("*/result.json")):
        said = json.loads(path.read_text("utf-8"))
        file = next(one for one in path.parent.iterdir() if one.name != "result.json")
        found.append(
            Experiment(
                path.parent.name,
                said["assignment"],
                said["options"],
                file.read_bytes(),
                file.name,
                said["preview"] or "",
                said["result"] or "",
                said["changed"],
                said["user"],
            )
        )
    return found


@lru_cache(maxsize=8)
def _base(assignment: str) -> tuple[Worksheet, Assignment]:
    folder = recordings_folder()
    if assignment in ("a4", "a6"):
        path = folder / "upload" / ("W23" if assignment == "a4" else "W27") / "worksheet.csv"
    elif assignment == "a1":
        path = folder / "download" / "a1_worksheet_with_suspended.csv"
    else:
        path = folder / "download" / f"{assignment}_worksheet.csv"
    sheet = read_worksheet(path)
    lab = read_worksheet(folder / "download" / "a5_worksheet_group_lab1.csv").by_id if assignment == "a5" else {}
    state = Assignment(zone=ZONE, scale=sheet.rows[0].scale, teams=assignment == "a3")
    if sheet.rows[0].maximum is not None:
        state.maximum = float(sheet.rows[0].maximum)
    teams = _teams(folder) if assignment == "a3" else {}
    sent = _sent(folder, assignment)
    for row in sheet.rows:
        user = row.email.partition("@")[0] or BLIND.get(row.participant_id, row.participant_id)
        submitted = parse_date(row.submitted, zone_of(ZONE), sheet.words)
        one = Student(int(row.participant_id), user, row.name or row.identifier)
        one.submitted_at = int(submitted.timestamp()) if submitted else 0
        one.grade, one.graded_at, one.comment = STORED.get((assignment, user), (None, 0, None))
        one.disabled = not row.can_change
        one.active = "Suspended" not in row.name
        one.group = "Lab 1" if row.participant_id in lab else "other"
        one.team = teams.get(row.participant_id)
        one.sent = sent.get(row.participant_id, {})
        one.attempt = 1 if (assignment, user) in {("a4", "sobriain"), ("a4", "aosullivan")} else 0
        state.students.append(one)
    return sheet, state


def _teams(folder: Path) -> dict[str, int]:
    read = read_download(folder / "download/a3_folders.zip", folder / "download/a3_worksheet.csv", time_zone=ZONE)
    return {
        member: int(key.removeprefix("group-"))
        for key, members in read.members.items()
        if key != "group-none"
        for member in members
    }


def _sent(folder: Path, assignment: str) -> dict[str, dict[str, bytes]]:
    path = folder / "download" / f"{assignment}_folders.zip"
    sent: dict[str, dict[str, bytes]] = {}
    if path.is_file():
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                found = re.match(r".*_(\d+)_assignsubmission_file/(.*)", name)
                if found:
                    sent.setdefault(found[1], {})[f"/{found[2]}"] = archive.read(name)
    return sent


def state_before(experiment: Experiment) -> Assignment:
    """What Moodle held when the experiment began."""
    state = copy.deepcopy(_base(experiment.assignment)[1])
    by_user = {one.user: one for one in state.students}
    for key, fields in experiment.changed.items():
        one = by_user[key.partition("#")[0]]
        if "files" in fields and fields["files"][0]:
            one.files = {entry.rpartition(" ")[0]: b"\0" for entry in fields["files"][0]}
        if fields.get("grade", [None])[0] not in (None, -1.0) and int(key.partition("#")[2]) == one.attempt:
            one.grade = fields["grade"][0]
    _particular(experiment, state, by_user)
    return state


def _particular(experiment: Experiment, state: Assignment, by_user: dict[str, Student]) -> None:
    """What was done before single experiments, as their titles say."""
    if experiment.name in ("W03", "W04"):  # its grade was changed in Moodle after the download
        changed = by_user["jmurphy1"]
        changed.grade, changed.graded_at, changed.comment = 50.0, 1795415034, "<p>Changed in Moodle</p>"
    if experiment.name == "W26":  # a feedback zip came first
        changed = by_user["lthihong"]
        changed.grade, changed.graded_at = -1.0, changed.submitted_at
    if experiment.name in ("Z05", "Z06"):
        for user in ("sobriain", "lthihong"):
            by_user[user].files["/feedback.html"] = b"\0"
            if by_user[user].grade is None:
                by_user[user].grade, by_user[user].graded_at = -1.0, by_user[user].submitted_at
    if experiment.name in ("W39", "Z17"):
        state.chosen_group = "Lab 1"
    if experiment.name == "Z16":
        state.waiting.append(("x_41223_assignsubmission_file/never_confirmed.txt", b"x"))


def worksheet_before(state: Assignment, experiment: Experiment) -> Worksheet:
    """The worksheet that could have been downloaded just before the upload: what a forecast starts from."""
    from datetime import UTC, datetime

    from autograder.moodle.files.markup import flatten

    base = _base(experiment.assignment)[0]
    words = base.words
    people = []
    for one in state.valid().values():
        graded = one.grade is not None and one.grade >= 0
        text = state.scale[int(one.grade) - 1] if state.scale and graded else (f"{one.grade:.2f}" if graded else "")
        people.append(
            Person(
                one.number,
                one.name,
                status="Submitted for grading -  - ",
                grade=text,
                can_change=not one.disabled,
                graded=moodle_date(datetime.fromtimestamp(one.graded_at, UTC), zone_of(ZONE)) if graded else "-",
                comment=flatten(one.comment or ""),
            )
        )
    data = build_worksheet(people, maximum=f"{state.maximum:.2f}").decode("utf-8-sig")
    if state.scale:
        data = data.replace('"Maximum grade"', "Scale").replace(f"{state.maximum:.2f}", f'"{"    ".join(state.scale)}"')
    return parse_worksheet(data.encode(), words=words)
