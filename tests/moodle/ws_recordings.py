"""The recorded web service exchanges: a site as it was before the first, and each one replayed in order."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from tests.moodle.recorded import STORED
from tests.moodle_server.app import answer
from tests.moodle_server.functions import Fault
from tests.moodle_server.site import Caller, Flags, Grade, Module, Site, StoredFile, Submission

FIRST_SAVE = 1795416000  # what is younger was written while the exchanges were recorded
_SKIPPED_FORM = {"wstoken", "wsfunction", "moodlewsrestformat"}
# answers about things that no exchange changes, or that are not a matter of assignments: given to the double
_GIVEN = frozenset(
    {
        "core_webservice_get_site_info",
        "core_course_get_courses_by_field",
        "core_enrol_get_enrolled_users",
        "core_group_get_course_groups",
        "core_group_get_course_groupings",
        "mod_assign_get_assignments",
        "gradereport_user_get_grade_items",
        "core_grades_get_gradeitems",
        "core_grading_get_definitions",
        "core_grades_update_grades",
    }
)
TOKENS = {
    "TOKEN": Caller(3021, "teacher"),
    "MOBILETOKEN": Caller(3021, "teacher", mobile=True),
    "TUTORTOKEN": Caller(3022, "tutor"),
    "STUDENTTOKEN": Caller(3001, "student"),
    "ADMINTOKEN": Caller(2, "admin"),
}


def exchanges(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Name and contents of each exchange, in the order of the calls."""
    return [(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted((folder / "ws").glob("*.json"))]


def site_before(folder: Path) -> Site:
    """The site before the first exchange, from what the reading exchanges tell of it."""
    said = dict(exchanges(folder))
    listed = {name: one["response"].get("json") for name, one in said.items()}
    abouts = listed["012_assignments"]["courses"][0]["assignments"]
    modules = {one["id"]: Module(one, 34 + one["id"] - 300) for one in abouts}
    users = {one["id"]: as_user(one) for one in listed["014_participants_a1"]}
    users |= {one["id"]: as_user(one) for one in listed["008_enrolled_users"] if one["id"] not in users}
    site = Site("http://127.0.0.1:8099", users, dict(TOKENS), modules)
    site.context_of = {3021: 31, 3001: 11}
    _fill_people(site, listed)
    _fill_submissions(site, folder, listed)
    _fill_marks(site, said, listed)
    _give(site, said)
    return site


def as_user(one: dict[str, Any]) -> dict[str, Any]:
    progress = (
        "recordid",
        "submitted",
        "requiregrading",
        "grantedextension",
        "submissionstatus",
        "groupid",
        "groupname",
    )
    return {name: value for name, value in one.items() if name not in progress}


def _fill_people(site: Site, listed: dict[str, Any]) -> None:
    names = {
        301: "014_participants_a1",
        302: "015_participants_a2",
        303: "016_participants_a3",
        305: "017_participants_a5",
    }
    for number, module in site.modules.items():
        rows = listed[names.get(number, "014_participants_a1")]
        module.people = [one["id"] for one in rows]
        module.mappings = []
        if number == 303:
            module.teams = {one["id"]: one["groupid"] for one in rows if one.get("groupid")}
            module.team_names = {one["groupid"]: one["groupname"] for one in rows if one.get("groupid")}
            site.given["team rows"] = {one["id"]: one for one in rows}
    for entry in listed["024_user_mappings"]["assignments"]:
        site.modules[entry["assignmentid"]].mappings = [(one["id"], one["userid"]) for one in entry["mappings"]]
    site.modules[305].disabled = {3001, 3006}  # one grade locked, one overridden in the gradebook
    site.modules[304].scale = ("No submission", "Fail", "Pass", "Distinction")
    definition = listed["136_grading_definitions"]["areas"][0]["definitions"][0]
    site.modules[306].rubric = definition["rubric"]["rubric_criteria"]


def _fill_submissions(site: Site, folder: Path, listed: dict[str, Any]) -> None:
    contents = _contents(folder)
    for entry in listed["019_submissions_all"]["assignments"]:
        module = site.modules[entry["assignmentid"]]
        for one in entry["submissions"]:
            module.submissions.append(submission_of(one, contents))
    status = listed["029_status_a4_nonascii"]
    for earlier in status.get("previousattempts", []):
        site.modules[304].submissions.append(submission_of(earlier["submission"], contents))
        if "grade" in earlier:
            site.modules[304].grades.append(_grade(earlier["grade"], earlier))
    site.modules[304].gradebook[3001] = (1.0, status["feedback"]["gradeddate"])
    # the attempts graded before the recording left these behind
    site.modules[304].flags = [Flags(3, 3001), Flags(4, 3003), Flags(5, 3005)]


def _contents(folder: Path) -> dict[tuple[str, int], bytes]:
    """File name and size to contents, from the recorded downloads."""
    found: dict[tuple[str, int], bytes] = {}
    for path in sorted((folder / "download").glob("a?_folders*.zip")):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                found[(entry.filename.rpartition("/")[2], entry.file_size)] = archive.read(entry)
    return found


def submission_of(one: dict[str, Any], contents: dict[tuple[str, int], bytes]) -> Submission:
    files: dict[str, StoredFile] = {}
    text = None
    for plugin in one["plugins"]:
        for area in plugin.get("fileareas", []):
            for file in area["files"]:
                data = contents.get((file["filename"], file["filesize"]), b"")
                stored = StoredFile(data, file["timemodified"], file["filesize"], file["mimetype"], file["icon"])
                files[file["filepath"] + file["filename"]] = stored
        for editor in plugin.get("editorfields", []):
            text = editor["text"] if editor["format"] else None
    place = (one["id"], one["userid"], one["groupid"], one["attemptnumber"], one["status"])
    return Submission(*place, one["timecreated"], one["timemodified"], files, text)


def _grade(one: dict[str, Any], around: dict[str, Any] | None = None) -> Grade:
    place = (one["id"], one["userid"], one["attemptnumber"], float(one["grade"]))
    record = Grade(*place, one["timecreated"], one["timemodified"], one["grader"])
    for plugin in (around or {}).get("feedbackplugins", []):
        for editor in plugin.get("editorfields", []):
            record.comment = editor["text"]
    return record


def _fill_marks(site: Site, said: dict[str, Any], listed: dict[str, Any]) -> None:
    users = {"sobriain": 3001, "jmurphy1": 3005, "rsmith": 3007}
    for entry in listed["026_grades_before"]["assignments"]:
        module = site.modules[entry["assignmentid"]]
        for one in entry["grades"]:
            record = _grade(one)
            key = next((STORED[place] for place in STORED if _is(place, module, one["userid"], users)), None)
            record.comment = key[2] if key else None
            module.grades.append(record)
            module.gradebook[record.user] = (record.grade, record.created)
    site.modules[305].gradebook[3006] = (6.5, 1795414762)
    for entry in listed["023_user_flags"]["assignments"]:
        for one in entry["userflags"]:
            flags = Flags(one["id"], one["userid"], one["extensionduedate"], one["workflowstate"], one["mailed"])
            site.modules[entry["assignmentid"]].flags.append(flags)
    for name, one in said.items():
        form = one["request"].get("form", {})
        if form.get("wsfunction") == "mod_assign_get_submission_status" and listed[name].get("lastattempt"):
            user = int(form.get("userid", 3001))
            site.given[("groups", int(form["assignid"]), user)] = listed[name]["lastattempt"]["usergroups"]


def _is(place: tuple[str, str], module: Module, user: int, users: dict[str, int]) -> bool:
    return place[0] == f"a{module.id - 300}" and users.get(place[1]) == user


def _give(site: Site, said: dict[str, Any]) -> None:
    for name, one in said.items():
        form = one["request"].get("form", {})
        if form.get("wsfunction") not in _GIVEN or "json" not in one["response"]:
            continue
        token = form.get("wstoken", "")
        caller = TOKENS.get(token)
        value = one["response"]["json"]
        if isinstance(value, dict) and "exception" in value:
            value = Fault(value["exception"], value["errorcode"], value["message"])
        if caller is None or name.startswith("092"):
            continue
        rest = tuple(sorted((key, str(item)) for key, item in form.items() if key not in _SKIPPED_FORM))
        site.given[(form["wsfunction"], caller.role, "mobile" if caller.mobile else "", rest)] = value
    for name in ("001_token_mobile", "002_token_own_service"):
        form, token = said[name]["request"]["form"], said[name]["response"]["json"]["token"]
        site.given[("login", form["service"])] = (form["username"], form["password"], token)


def replay(folder: Path) -> Iterator[tuple[str, str]]:
    """Each exchange's name, and how the double's answer differs from the recording ('' if it does not)."""
    site = site_before(folder)
    numbers: dict[str, str] = {}  # recorded draft areas to the double's: Moodle draws them by lot
    clock = count(FIRST_SAVE + 524)
    site.clock = lambda: next(clock)
    for name, one in exchanges(folder):
        status, kind, data = answer(site, *request_of(one["request"], numbers))
        yield name, difference(one["response"], status, kind, data, numbers)


def request_of(request: dict[str, Any], numbers: dict[str, str]) -> tuple[str, str, str, bytes]:
    address = urlsplit(request["url"])
    if "multipart_fields" in request:
        return (unquote(address.path), address.query, *_multipart_body(request, numbers))
    form = {key: numbers.get(str(value), str(value)) for key, value in request.get("form", {}).items()}
    return unquote(address.path), address.query, "application/x-www-form-urlencoded", urlencode(form).encode()


def _multipart_body(request: dict[str, Any], numbers: dict[str, str]) -> tuple[str, bytes]:
    parts = []
    for name, value in request["multipart_fields"].items():
        text = numbers.get(str(value), str(value))
        parts.append(f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode())
    for name, (file, size) in request["multipart_files"].items():
        head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
        parts.append(head.encode() + _upload_bytes(file, size) + b"\r\n")
    return "multipart/form-data; boundary=xyz", b"".join(parts) + b"--xyz--\r\n"


def _upload_bytes(name: str, size: int) -> bytes:
    # the recording tells the size only, and of one file, read back later, the contents
    text = "<h1>Feedback – naïve 🦊</h1>".encode()
    return text if name == "feedback.html" and size == len(text) else b"x" * size


def difference(recorded: dict[str, Any], status: int, kind: str, data: bytes, numbers: dict[str, str]) -> str:
    if recorded["status"] != status:
        return f"status {status} instead of {recorded['status']}"
    if recorded["content_type"].replace(" ", "") != kind.replace(" ", ""):
        return f"type {kind} instead of {recorded['content_type']}"
    if "json" not in recorded:
        return _other_difference(recorded, data)
    return first_difference(recorded["json"], json.loads(data), numbers)


def _other_difference(recorded: dict[str, Any], data: bytes) -> str:
    if "sha256" in recorded:
        return "" if hashlib.sha256(data).hexdigest() == recorded["sha256"] else "other bytes"
    text = recorded.get("text", "")
    begin = text.removesuffix("…")
    if text.endswith("…"):  # long pages were recorded by their beginning
        begin = begin[:40] if begin.startswith("<!DOCTYPE") else begin
        return "" if data.decode().startswith(begin[:16]) else "another text"
    return "" if not text or data.decode() == text else "another text"


def first_difference(expected: Any, actual: Any, numbers: dict[str, str], path: str = "") -> str:
    """Where two answers differ first; times of the recording's day and drawn numbers are not compared."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        if set(expected) != set(actual):
            return f"{path}: fields {sorted(set(expected) ^ set(actual))}"
        found = (first_difference(expected[key], actual[key], numbers, f"{path}.{key}") for key in expected)
        return next(filter(None, found), "")
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{path}: {len(actual)} entries instead of {len(expected)}"
        pairs = enumerate(zip(expected, actual, strict=True))
        found = (first_difference(one, other, numbers, f"{path}[{place}]") for place, (one, other) in pairs)
        return next(filter(None, found), "")
    if path.endswith(".itemid") and isinstance(expected, int) and expected > 1000:
        numbers[str(expected)] = str(actual)
        return ""
    if path.endswith(".url") and "/draft/" in str(expected):
        return "" if str(actual).rpartition("/")[2] == str(expected).rpartition("/")[2] else f"{path}: {actual}"
    if isinstance(expected, int) and isinstance(actual, int) and min(expected, actual) >= FIRST_SAVE:
        return ""
    return "" if expected == actual else f"{path}: {actual!r} instead of {expected!r}"
