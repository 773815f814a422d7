"""The web service functions of the test double, as the recorded exchanges answer them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.moodle_server.settings import PlainName
from tests.moodle_server.site import Caller, Flags, Grade, Module, Site, StoredFile, Submission

Arguments = dict[str, Any]


class Fault(Exception):
    """An answer that is an exception."""

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = {"exception": name, "errorcode": code, "message": message}


def invalid() -> Fault:
    """The answer to a wrong, missing or unknown argument."""
    name = "core\\exception\\invalid_parameter_exception"
    return Fault(name, "invalidparameter", "Invalid parameter value detected")


def not_permitted(what: str) -> Fault:
    """The answer to missing rights."""
    name = "core\\exception\\required_capability_exception"
    return Fault(name, "nopermissions", f"Sorry, but you do not currently have permissions to do that ({what}).")


def write_fault() -> Fault:
    """A database write that failed."""
    return Fault("dml_write_exception", "dmlwriteexception", "Error writing to database")


def no_record(table: str) -> Fault:
    """A row that is not there."""
    message = f"Can't find data record in database table {table}."
    return Fault("dml_missing_record_exception", "invalidrecord", message)


def whole(value: Any) -> int:
    """An integer argument."""
    try:
        return int(str(value))
    except ValueError as error:
        raise invalid() from error


def number(value: Any) -> float:
    """A float argument: a point, and nothing else around."""
    try:
        return float(str(value))
    except ValueError as error:
        raise invalid() from error


def flag(value: Any) -> bool:
    """A boolean argument: 0 or 1."""
    if str(value) not in ("0", "1"):
        raise invalid()
    return str(value) == "1"


def listed(value: Any) -> list[Any]:
    """A list argument in brackets."""
    if not isinstance(value, dict):
        raise invalid()
    return [value[key] for key in sorted(value, key=int)]


def find_module(site: Site, value: Any) -> Module:
    """The assignment of that number."""
    module = site.modules.get(whole(value))
    if module is None:
        raise no_record("assign")
    return module


def is_teacher(caller: Caller) -> bool:
    """Whether they may grade."""
    return caller.role in ("teacher", "tutor", "admin")


def list_participants(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_list_participants."""
    module = find_module(site, arguments["assignid"])
    blind = bool(module.about["blindmarking"]) and not module.about["revealidentities"]
    numbers = {user: number for number, user in module.mappings}
    rows = []
    for user in module.people:
        row: dict[str, Any] = {"id": user}
        if blind:
            row |= {"fullname": f"Participant {numbers[user]}", "recordid": numbers[user]}
        elif flag(arguments.get("onlyids", 0)):
            row |= {"fullname": site.users[user]["fullname"], "recordid": -1}
        else:
            row |= {**site.users[user], "recordid": numbers[user] if module.about["blindmarking"] else -1}
        row |= _progress(module, user)
        if module.about["teamsubmission"] and not blind:
            row |= _team_of(module, user)
        rows.append(row)
    skip, limit = whole(arguments.get("skip", 0)), whole(arguments.get("limit", 0))
    return rows[skip : skip + limit] if limit else rows[skip:]


def _team_of(module: Module, user: int) -> dict[str, Any]:
    team = module.teams.get(user)
    return {"groupid": team, "groupname": PlainName(module.team_names[team])} if team else {}


def _progress(module: Module, user: int) -> dict[str, Any]:
    own = module.latest(user)
    sent = _counting(module, user)
    flags = module.flags_of(user)
    extension = flags.extension if flags else 0
    status = sent.status if sent else ""
    record = module.grade_of(user, own.attempt) if own else None
    needs = bool(sent) and status == "submitted" and _needs_grading(sent, record)
    return {
        "submitted": status == "submitted",
        "requiregrading": needs,
        "grantedextension": extension > 0,
        "submissionstatus": status,
    }


def _needs_grading(sent: Submission | None, record: Grade | None) -> bool:
    return sent is not None and (record is None or sent.modified >= record.modified)


def _counting(module: Module, user: int) -> Submission | None:
    """The submission that counts for a user: the team's, where teams submit."""
    if not module.about["teamsubmission"]:
        return module.latest(user)
    team = module.teams.get(user, 0)
    return next((one for one in module.submissions if one.user == 0 and one.group == team), None)


def get_user_mappings(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_get_user_mappings: needs the right to reveal identities, which a tutor has not."""

    def mappings(module: Module) -> Any:
        pairs = [{"id": number, "userid": user} for number, user in sorted(module.mappings)]
        return {"assignmentid": module.id, "mappings": pairs}

    return _per_module(site, arguments, mappings, caller.role in ("teacher", "admin"))


def get_submissions(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_get_submissions: latest attempts, drafts and suspended people included."""
    status, since = str(arguments.get("status", "")), whole(arguments.get("since", 0))
    before = whole(arguments.get("before", 0))

    def submissions(module: Module) -> Any:
        found = []
        for one in module.submissions:
            latest = module.latest(one.user) if one.user else one
            if latest is not one or (one.user and one.user not in site.users) or (status and one.status != status):
                continue
            if one.modified >= since and not (before and one.modified > before):
                found.append({**submission_entry(site, module, one), "gradingstatus": _grading_status(module, one)})
        return {"assignmentid": module.id, "submissions": found}

    return _per_module(site, arguments, submissions, is_teacher(caller), silent_when_unknown=True)


def submission_entry(site: Site, module: Module, one: Submission) -> dict[str, Any]:
    """A submission with its plug-ins."""
    plugins: list[dict[str, Any]] = []
    if module.is_on("assignsubmission", "onlinetext"):
        editor = {
            "name": "onlinetext",
            "description": "Online text submissions",
            "text": one.online_text or "",
            "format": 0 if one.online_text is None else 1,
        }
        areas = [{"area": "submissions_onlinetext", "files": []}]
        plugins.append({"type": "onlinetext", "name": "Online text", "fileareas": areas, "editorfields": [editor]})
    base = f"{module.context}/assignsubmission_file/submission_files/{one.id}"
    files = [site.file_entry(base, path, file) for path, file in one.files.items()]
    area = [{"area": "submission_files", "files": files}]
    plugins.append({"type": "file", "name": "File submissions", "fileareas": area})
    plugins.append({"type": "comments", "name": "Submission comments"})
    return {
        "id": one.id,
        "userid": one.user,
        "attemptnumber": one.attempt,
        "timecreated": one.created,
        "timemodified": one.modified,
        "timestarted": None,
        "status": one.status,
        "groupid": one.group,
        "plugins": plugins,
    }


def _grading_status(module: Module, one: Submission) -> str:
    if module.about["markingworkflow"]:
        flags = module.flags_of(one.user)
        return (flags.workflow if flags else "") or "notmarked"
    record = module.grade_of(one.user, one.attempt)
    return "graded" if record and record.grade >= 0 else "notgraded"


def get_user_flags(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_get_user_flags: only assignments that have a record; a warning for the others."""
    found, warnings = [], []
    for value in listed(arguments["assignmentids"]):
        module = find_module(site, value)
        rows = [
            {
                "id": one.id,
                "userid": one.user,
                "locked": int(one.user in module.prevented),
                "mailed": one.mailed,
                "extensionduedate": one.extension,
                "workflowstate": one.workflow,
                "allocatedmarker": 0,
            }
            for one in sorted(module.flags, key=lambda one: one.id)
        ]
        if rows:
            found.append({"assignmentid": module.id, "userflags": rows})
        else:
            warnings.append(_warning("assignment", module.id, "3", "No user flags found"))
    return {"assignments": found, "warnings": warnings}


def get_grades(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_get_grades: the records of latest attempts."""
    since = whole(arguments.get("since", 0))

    def grades(module: Module) -> Any:
        rows = []
        for one in sorted(module.grades, key=lambda one: one.id):
            latest = module.latest(one.user)
            listed_ = latest is not None and latest.attempt == one.attempt  # nobody without a submission of their own
            if listed_ and one.modified >= since:
                rows.append(grade_entry(one))
        return {"assignmentid": module.id, "grades": rows}

    return _per_module(site, arguments, grades, is_teacher(caller))


def grade_entry(one: Grade) -> dict[str, Any]:
    """A grade record."""
    return {
        "id": one.id,
        "userid": one.user,
        "attemptnumber": one.attempt,
        "timecreated": one.created,
        "timemodified": one.modified,
        "grader": one.grader,
        "grade": f"{one.grade:.5f}",
    }


def set_user_flags(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_set_user_flags."""
    module = find_module(site, arguments["assignmentid"])
    answer = []
    for row in listed(arguments["userflags"]):
        flags = flags_for(site, module, whole(row["userid"]))
        flags.workflow = str(row.get("workflowstate", flags.workflow))
        flags.mailed = 2
        answer.append({"id": flags.id, "userid": flags.user})
    return answer


def save_user_extensions(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_save_user_extensions: earlier than the due date is a warning."""
    module = find_module(site, arguments["assignmentid"])
    warnings = []
    for user, date in zip(listed(arguments["userids"]), listed(arguments["dates"]), strict=True):
        if whole(date) < int(module.about["duedate"]):
            item = f"User id: {user}, Assignment id: {module.id}, Extension date: {date}"
            message = "Could not grant submission date extensions."
            warnings.append(_warning(item, module.id, "couldnotgrantextensions", message))
            continue
        flags = flags_for(site, module, whole(user))
        flags.extension, flags.mailed = whole(date), 2
    return warnings


def reveal_identities(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_reveal_identities: does it, and warns that it could not."""
    module = find_module(site, arguments["assignmentid"])
    module.about["revealidentities"] = 1
    for one in module.grades:
        if one.grade >= 0:
            module.gradebook.setdefault(one.user, (one.grade, one.modified))
    item = f"User id: {caller.user}, Assignment id: {module.id}"
    return [_warning(item, module.id, "couldnotrevealidentities", "Could not reveal identities.")]


def save_submission(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_save_submission: a student's own files."""
    module = find_module(site, arguments["assignmentid"])
    item = whole(arguments["plugindata"]["files_filemanager"])
    own = module.latest(caller.user)
    if own is None:
        raise no_record("assign_submission")
    now = site.clock()
    own.files = {path: StoredFile(file.data, now) for path, file in site.drafts[(caller.user, item)].items()}
    own.modified, own.status = now, "submitted"
    return []


def get_participant(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_get_participant, as far as the kit reads it: with the person's own due date."""
    module, user = find_module(site, arguments["assignid"]), whole(arguments["userid"])
    if user not in module.people:
        raise Fault("core\\exception\\moodle_exception", "usernotincourse", "This user is not in this course!")
    return {"id": user, "duedate": module.due.get(user, module.about["duedate"]), "cutoffdate": 0}


def grade_items(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """gradereport_user_get_grade_items of a whole course, as far as the kit reads it."""
    return {
        "usergrades": [
            {
                "userid": user,
                "gradeitems": [
                    {
                        "cmid": module.about["cmid"],
                        "itemnumber": 0,
                        "locked": False,
                        "gradeislocked": user in module.disabled - module.overridden,
                        "gradeisoverridden": user in module.overridden,
                    }
                    for module in site.modules.values()
                ],
            }
            for user in sorted({user for module in site.modules.values() for user in module.people})
        ],
        "warnings": [],
    }


def grading_definitions(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """core_grading_get_definitions: as recorded, or what the kit reads of a rubric or guide."""
    wanted = [whole(value) for value in listed(arguments["cmids"])]
    areas = [_area(module) for module in site.modules.values() if module.about["cmid"] in wanted]
    return {"areas": areas, "warnings": []}


def _area(module: Module) -> dict[str, Any]:
    if module.form:
        return module.form
    method = "rubric" if module.rubric else "guide" if module.guide else None
    area = {"cmid": module.about["cmid"], "contextid": module.context, "component": "mod_assign"}
    area |= {"areaname": "submissions", "activemethod": method, "definitions": []}
    if method:
        criteria = {method: {f"{method}_criteria": module.rubric or module.guide}}
        area["definitions"] = [{"id": module.id, "method": method, "status": 20, **criteria}]
    return area


def grading_instances(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """core_grading_get_gradingform_instances: of each grade record the newest one."""
    definition = whole(arguments["definitionid"])
    (module,) = (
        one
        for one in site.modules.values()
        if any(row["id"] == definition for row in _area(one)["definitions"] if one.rubric or one.guide)
    )
    found = sorted(module.instances.values(), key=lambda one: one["id"])
    since = whole(arguments["since"])
    return {"instances": [one for one in found if one["timemodified"] >= since], "warnings": []}


def site_info(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """core_webservice_get_site_info, as far as the kit reads it."""
    return {"sitename": "Test", "userid": caller.user, "release": "4.5.6 (Build: 20250811)", "version": "2024100706"}


def unused_draft(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """core_files_get_unused_draft_itemid."""
    item = next(site.draft_ids)
    site.drafts[(caller.user, item)] = {}
    return {
        "component": "user",
        "contextid": site.context_of.get(caller.user, 31),
        "userid": caller.user,
        "filearea": "draft",
        "itemid": item,
        "warnings": [],
    }


def flags_for(site: Site, module: Module, user: int) -> Flags:
    """A user's flags, made if need be."""
    found = module.flags_of(user)
    if found is None:
        number = 1 + max((one.id for each in site.modules.values() for one in each.flags), default=0)
        found = Flags(number, user)
        module.flags.append(found)
    return found


def _warning(item: str, number_: int, code: str, message: str) -> dict[str, Any]:
    return {"item": item, "itemid": number_, "warningcode": code, "message": message}


def _per_module(
    site: Site,
    arguments: Arguments,
    make: Callable[[Module], Any],
    permitted: bool,
    *,
    silent_when_unknown: bool = False,
) -> Any:
    found, warnings = [], []
    for value in listed(arguments["assignmentids"]):
        module = site.modules.get(whole(value))
        if module is None:
            if not silent_when_unknown:
                raise no_record("assign")
        elif not permitted:
            warnings.append(_warning("assignment", module.id, "1", "No access rights in module context"))
        else:
            found.append(make(module))
    return {"assignments": found, "warnings": warnings}
