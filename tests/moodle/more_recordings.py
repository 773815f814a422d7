"""The recordings of a real class's faults (folder ``more``): a site as it was, and each exchange replayed in order.

Exchanges that the test double answers itself are compared field by field. Others read what no exchange changes, or what
was set by hand on Moodle's pages: they are given to the double as recorded, and are counted apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from autograder.moodle.files.markup import bare_text
from autograder.moodle.web.client import MoodleClient
from tests.moodle.recordings import recordings_folder
from tests.moodle.ws_recordings import FIRST_SAVE, as_user, difference, exchanges, request_of, submission_of
from tests.moodle_server.app import answer
from tests.moodle_server.sample import connect
from tests.moodle_server.site import Caller, Flags, Grade, Module, Site, StoredFile, Submission

PEOPLE = {
    "ADA": 3201,
    "BOB": 3202,
    "CIAN": 3203,
    "DERVLA": 3204,
    "EMER": 3205,
}
TOKENS = {
    "TOKEN": Caller(3215, "teacher"),
    "TUTORTOKEN": Caller(3216, "tutor"),
    **{f"STUDENTTOKEN_{name}": Caller(user, "student") for name, user in PEOPLE.items()},
}
ANSWERED = frozenset(
    {
        "mod_assign_list_participants",
        "mod_assign_get_submissions",
        "mod_assign_get_user_flags",
        "mod_assign_get_grades",
        "mod_assign_set_user_flags",
        "mod_assign_save_grade",
        "mod_assign_get_submission_status",
        "core_grading_get_gradingform_instances",
    }
)
FIRST_DRAWN = 80000  # ids of grade records that are drawn while the exchanges are replayed
_DRAWN_FILE = re.compile(r"/8\d{4}/")
# what was changed on pages, or by other means, between exchanges: the double does not know of it
BY_HAND = (range(260, 287), range(316, 317), range(386, 481), range(492, 514), range(519, 522))
# counts of a page that not all submissions are recorded for, an order for mails, and a column's name
_NOT_COMPARED = {"gradingsummary", "mailed"}


def more_folder() -> Path:
    """Where these recordings are."""
    return recordings_folder() / "more"


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """All exchanges by name, in the order of the calls."""
    return dict(exchanges(more_folder())) if more_folder().is_dir() else {}


def json_of(number: int) -> Any:
    """The answer of one exchange."""
    return next(one["response"].get("json") for name, one in recorded().items() if name.startswith(f"{number}_"))


def stored(number: int) -> list[dict[str, Any]]:
    """What the database held after an exchange."""
    (path,) = (more_folder() / "stored").glob(f"{number}_after_*.json")
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["database"]
    return rows


def is_replayed(name: str, one: dict[str, Any]) -> bool:
    """Whether the double must answer it by itself."""
    if one["request"].get("multipart_fields", {}).get("token") == "TOKEN":
        return True
    if any(int(name[:3]) in span for span in BY_HAND):
        return False
    form = one["request"].get("form", {})
    return form.get("wsfunction") in ANSWERED and form.get("wstoken") in TOKENS


def more_site() -> Site:
    """The site before the first exchange."""
    modules = {one["id"]: Module(one, one["id"] - 300) for one in json_of(202)["courses"][0]["assignments"]}
    users = {one["id"]: as_user(one) for one in json_of(211)}
    users |= {one["id"]: as_user(one) for one in json_of(263) if one["id"] not in users}
    site = Site("http://127.0.0.1:8099", users, dict(TOKENS), modules)
    site.context_of = {3215: 26}
    site.ids = count(82038)
    for module in modules.values():
        module.people = [one["id"] for one in json_of(211)]
    modules[334].teams = {one["id"]: one["groupid"] for one in json_of(317) if one.get("groupid")}
    modules[334].team_names = {one["groupid"]: one["groupname"] for one in json_of(513) if one.get("groupid")}
    modules[333].mappings = [(one["recordid"], one["id"]) for one in json_of(495)]
    modules[333].people = [one["id"] for one in json_of(495)]
    modules[335].disabled, modules[335].prevented = {3201, 3202, 3205}, {3204}
    modules[336].form, modules[337].form = json_of(332)["areas"][0], json_of(333)["areas"][0]
    modules[336].rubric = json_of(332)["areas"][0]["definitions"][0]["rubric"]["rubric_criteria"]
    modules[337].guide = json_of(333)["areas"][0]["definitions"][0]["guide"]["guide_criteria"]
    modules[332].disabled = modules[332].overridden = {3205}
    modules[335].overridden = {3202}
    _fill_submissions(site)
    for number in (210, 297, 373):
        _fill_marks(modules[332 if number == 210 else 335 if number == 297 else 340], stored(number))
    _fill_blind(modules[332], modules[333])
    for name, one in recorded().items():
        _give_groups(site, one)
        for entry in _flags_of(one) if name[:3] in ("204", "257", "289") else ():
            module = modules[entry["assignmentid"]]
            module.flags = [
                Flags(row["id"], row["userid"], row["extensionduedate"], row["workflowstate"], row["mailed"])
                for row in entry["userflags"]
            ]
    return site


def _flags_of(one: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = one["response"]["json"]["assignments"]
    return found


def more_client(site: Site) -> MoodleClient:
    """A client of such a site, whose course and assignments can be found."""
    for function, field, answer_ in (
        (
            "core_course_get_courses_by_field",
            (("field", "shortname"), ("value", "COMP47650")),
            {"courses": [{"id": 481}]},
        ),
        ("mod_assign_get_assignments", (("courseids[0]", "481"),), json_of(202)),
    ):
        site.given[(function, "*", "", field)] = answer_
    return connect(site, token="TOKEN")


def _fill_submissions(site: Site) -> None:
    """Every submission as it is named first."""
    seen: set[int] = set()
    for one in recorded().values():
        form, said = one["request"].get("form", {}), one["response"].get("json")
        rows: list[tuple[int, dict[str, Any]]] = []
        if form.get("wsfunction") == "mod_assign_get_submissions":
            rows = [(entry["assignmentid"], row) for entry in said["assignments"] for row in entry["submissions"]]
        elif form.get("wsfunction") == "mod_assign_get_submission_status" and "lastattempt" in said:
            last = said["lastattempt"]
            names = ("submission", "teamsubmission")
            rows = [(int(form["assignid"]), last[name]) for name in names if last.get(name)]
        for number, row in rows:
            if row["id"] not in seen:
                seen.add(row["id"])
                site.modules[number].submissions.append(submission_of(row, {}))


def _fill_marks(module: Module, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for one in row["grades"]:
            kept: dict[str, dict[str, StoredFile]] = {"assignfeedback_file": {}, "assignfeedback_comments": {}}
            for file in one["files"]:
                kept[file["component"]][file["path"]] = StoredFile(b"", 1795650381, file["filesize"])
            place = (one["id"], row["userid"], one["attemptnumber"], float(one["grade"]))
            record = Grade(*place, 1795650381, one["timemodified"], one["grader"], one["comment"])
            record.files, record.pictures = kept["assignfeedback_file"], kept["assignfeedback_comments"]
            module.grades.append(record)
        if row["workflowstate"] is not None:
            module.flags.append(Flags(len(module.flags), row["userid"], workflow=row["workflowstate"]))
        final = row["gradebook"]["finalgrade"]
        if final is not None:
            module.gradebook[row["userid"]] = (float(final), 1795650381)


def _fill_blind(plain: Module, blind: Module) -> None:
    for row in json_of(256)["assignments"][0]["grades"]:
        twin = plain.grade_of(row["userid"], 0)
        place = (row["id"], row["userid"], row["attemptnumber"], float(row["grade"]))
        times = (row["timecreated"], row["timemodified"], row["grader"])
        files = dict(twin.files) if twin else {}
        if blind.latest(row["userid"]) is None:  # no exchange names it
            blind.submissions.append(Submission(79000, row["userid"], 0, 0, "submitted", 0, 0))
        blind.grades.append(Grade(*place, *times, twin.comment if twin else None, files))


def _give_groups(site: Site, one: dict[str, Any]) -> None:
    form, said = one["request"].get("form", {}), one["response"].get("json")
    if form.get("wsfunction") == "mod_assign_get_submission_status" and "lastattempt" in said:
        site.given[("groups", int(form["assignid"]), int(form["userid"]))] = said["lastattempt"]["usergroups"]


def replay() -> Iterator[tuple[str, str]]:
    """Each exchange that the double must answer, and how its answer or its tables differ ('' if they do not)."""
    site = more_site()
    numbers: dict[str, str] = {}
    clock = count(FIRST_SAVE + 240000)
    site.clock = lambda: next(clock)
    tables = {path.stem[:3]: json.loads(path.read_text("utf-8")) for path in (more_folder() / "stored").iterdir()}
    for name, one in recorded().items():
        if not is_replayed(name, one):
            continue
        status, kind, data = answer(site, *request_of(one["request"], numbers))
        found = (
            difference(
                _comparable(one["response"]), status, kind, json.dumps(_comparable(json.loads(data))).encode(), numbers
            )
            if "json" in one["response"]
            else difference(one["response"], status, kind, data, numbers)
        )
        if name[:3] in tables and not found:
            found = _table_difference(site, tables[name[:3]])
        yield name, found


def _comparable(value: Any) -> Any:
    """An answer without what is not compared; of cleaned text, the spaces: the double cleans in a simpler way."""
    if isinstance(value, dict):
        bare = {key: _comparable(inner) for key, inner in value.items() if key not in _NOT_COMPARED}
        if "grader" in bare and bare["id"] > FIRST_DRAWN:
            bare["id"] = FIRST_DRAWN
        if {"text", "format"} <= set(bare) and bare["format"] == 1:
            bare["text"] = [bare_text(bare["text"]), "pluginfile" in bare["text"].lower()]
        if "userid" in bare and "workflowstate" in bare:
            bare["id"] = 0
        return bare
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    return _DRAWN_FILE.sub("/0/", value) if isinstance(value, str) else value


def _table_difference(site: Site, table: dict[str, Any]) -> str:
    """Where the double's tables differ from Moodle's."""
    module = site.modules[table["assignmentid"]]
    for row in table["database"]:
        user = row["userid"]
        expected = _as_stored(row)
        record = max((one for one in module.grades if one.user == user), key=lambda one: one.attempt, default=None)
        flags = module.flags_of(user)
        grade = (record.grade, record.comment, sorted(record.files | record.pictures)) if record else None
        final = module.gradebook.get(user)
        actual = (grade, flags.workflow if flags else None, final[0] if final else None)
        if expected != actual:
            return f"{row['user']}: {actual} instead of {expected}"
    return ""


def _as_stored(row: dict[str, Any]) -> tuple[Any, ...]:
    grade = None
    if row["grades"]:
        last = row["grades"][-1]
        grade = (float(last["grade"]), last["comment"], sorted(file["path"] for file in last["files"]))
    final = row["gradebook"]["finalgrade"]
    return grade, row["workflowstate"], None if final is None else float(final)
