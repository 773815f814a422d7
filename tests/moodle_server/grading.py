"""Saving a grade and reading it back, oddities included: the heart of the test double."""

from __future__ import annotations

from typing import Any

from tests.moodle_server.functions import (
    Arguments,
    find_module,
    flag,
    flags_for,
    grade_entry,
    invalid,
    is_teacher,
    listed,
    not_permitted,
    number,
    submission_entry,
    whole,
    write_fault,
)
from tests.moodle_server.settings import stored_text
from tests.moodle_server.site import Caller, Grade, Module, Site, StoredFile, Submission

_NEEDED = ("userid", "grade", "attemptnumber", "addattempt", "workflowstate")


def save_grade(site: Site, caller: Caller, arguments: Arguments) -> None:
    """mod_assign_save_grade: answers null, whatever it did."""
    if not set(_NEEDED) | {"assignmentid", "applytoall"} <= set(arguments):
        raise invalid()
    row = {name: arguments[name] for name in (*_NEEDED, "plugindata", "advancedgradingdata") if name in arguments}
    checked = _checked(row)
    module = find_module(site, arguments["assignmentid"])
    if not is_teacher(caller):
        raise not_permitted("Grade assignment")
    _save_for_all(site, caller, module, checked, apply_to_all=flag(arguments["applytoall"]))


def save_grades(site: Site, caller: Caller, arguments: Arguments) -> None:
    """mod_assign_save_grades: the same for many, one after the other."""
    module = find_module(site, arguments["assignmentid"])
    if not is_teacher(caller):
        raise not_permitted("Grade assignment")
    rows = [_checked(row) for row in listed(arguments["grades"])]
    for row in rows:
        _save_for_all(site, caller, module, row, apply_to_all=flag(arguments["applytoall"]))


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    """The row's arguments in their types, checked before anything is written."""
    return {
        **row,
        "userid": whole(row["userid"]),
        "grade": number(row["grade"]),
        "attemptnumber": whole(row["attemptnumber"]),
        "addattempt": flag(row["addattempt"]),
        "plugindata": row.get("plugindata") or {},
    }


def _save_for_all(site: Site, caller: Caller, module: Module, row: dict[str, Any], *, apply_to_all: bool) -> None:
    users = [row["userid"]]
    if apply_to_all and module.about["teamsubmission"]:
        team = module.teams.get(row["userid"])  # None: the default group, everybody of no team
        users = [user for user in module.people if module.teams.get(user) == team]
    for user in users:
        _save(site, caller, module, user, row)


def _save(site: Site, caller: Caller, module: Module, user: int, row: dict[str, Any]) -> None:
    now = site.clock()
    site.saves[user] = site.saves.get(user, 0) + 1
    sent = _attempt(site, module, user, row["attemptnumber"], now)
    record = module.grade_of(user, sent.attempt)
    editor = row["plugindata"].get("assignfeedbackcomments_editor")
    if editor is not None and set(editor) != {"text", "format"}:
        raise invalid()
    if not module.is_on("assignfeedback", "comments"):
        editor = None
    elif editor is None and record is not None and record.comment is not None:
        raise write_fault()  # the comment's row would become NULL; the whole save is rolled back
    if record is None:
        record = Grade(next(site.ids), user, sent.attempt, -1.0, now, sent.modified, -1)
        module.grades.append(record)
    flags = flags_for(site, module, user)
    flags.mailed = 0
    if user not in module.disabled:
        flags.workflow = str(row["workflowstate"])
    if _criteria(module):
        _fill(site, caller, module, record, row.get("advancedgradingdata"), now)
    grade = _grade(module, row)
    if editor is not None:
        record.comment = str(editor["text"])
    files = row["plugindata"].get("files_filemanager")
    if files is not None and module.is_on("assignfeedback", "file"):
        draft = site.drafts.get((caller.user, whole(files)), {})
        record.files = {path: StoredFile(file.data, now) for path, file in draft.items()}
    if user in module.disabled:
        record.modified, record.grader = now, caller.user
    elif grade is not None:
        record.grade, record.modified, record.grader = grade, now, caller.user
        _to_gradebook(module, record, flags.workflow)
    elif row["grade"] == -1 and record.grade >= 0 and not _criteria(module):
        # from Moodle's source, where -1 takes a grade back; no recording has this case
        record.grade, record.modified, record.grader = -1.0, now, caller.user
        module.gradebook.pop(user, None)
    elif module.about["markingworkflow"] and flags.workflow != "released":
        module.gradebook.pop(user, None)
    if row["addattempt"] and module.about["attemptreopenmethod"] == "manual":
        module.submissions.append(Submission(_next_id(site), user, 0, sent.attempt + 1, "reopened", now, now))


def _grade(module: Module, row: dict[str, Any]) -> float | None:
    """The grade to store; None leaves the record's as it is, with its old date."""
    if _criteria(module):
        chosen = row.get("advancedgradingdata")
        return _criteria_grade(module, chosen) if chosen else -1.0
    grade = round(float(row["grade"]), 5)
    top = len(module.scale) if module.scale else float(module.about["grade"])
    return grade if 0 <= grade <= top and not (module.scale and grade < 1) else None


def _criteria(module: Module) -> list[dict[str, Any]]:
    return module.rubric or module.guide


def _criteria_grade(module: Module, chosen: dict[str, Any]) -> float:
    """The share of the points that were given, also where criteria are left out."""
    scores = {level["id"]: float(level["score"]) for one in module.rubric for level in one["levels"]}
    best = sum(max(float(level["score"]) for level in one["levels"]) for one in module.rubric)
    best += sum(float(one["maxscore"]) for one in module.guide)
    total = sum(
        scores[whole(filling["levelid"])] if module.rubric else number(filling["score"])
        for one in listed(chosen["rubric" if module.rubric else "guide"]["criteria"])
        for filling in listed(one["fillings"])
    )
    return total / best * float(module.about["grade"])


def _fill(site: Site, caller: Caller, module: Module, record: Grade, chosen: dict[str, Any] | None, now: int) -> None:
    """Make a new instance of the form; without data it is a copy of the last one."""
    method = "rubric" if module.rubric else "guide"
    earlier = module.instances.get(record.id)
    rows = [dict(one) for one in earlier[method]["criteria"]] if earlier else []
    if chosen:
        if set(chosen) != {method}:
            raise invalid()
        fillings = [filling for one in listed(chosen[method]["criteria"]) for filling in listed(one["fillings"])]
        rows = [_filling(module, one) for one in fillings]
    rows = [{**one, "id": next(site.filling_ids[method])} for one in rows]
    module.instances[record.id] = {
        "id": next(site.filling_ids["instances"]),
        "raterid": caller.user,
        "itemid": record.id,
        "rawgrade": None,
        "status": 1,
        "feedback": "",
        "feedbackformat": 0,
        "timemodified": now,
        method: {"criteria": rows},
    }


def _filling(module: Module, one: dict[str, Any]) -> dict[str, Any]:
    about = {"criterionid": whole(one["criterionid"])}
    remark = {"remark": str(one["remark"]), "remarkformat": 1}
    return (
        {**about, "levelid": whole(one["levelid"]), **remark}
        if module.rubric
        else {**about, **remark, "score": number(one["score"])}
    )


def _to_gradebook(module: Module, record: Grade, workflow: str) -> None:
    if module.latest_grade(record.user) is not record:
        return
    blind = module.about["blindmarking"] and not module.about["revealidentities"]
    if blind:
        return
    if record.grade >= 0 and (not module.about["markingworkflow"] or workflow == "released"):
        module.gradebook[record.user] = (record.grade, record.modified)
    else:
        module.gradebook.pop(record.user, None)  # Moodle empties it again


def _attempt(site: Site, module: Module, user: int, attempt: int, now: int) -> Submission:
    """The attempt to grade; one that is not there is made, and hides the student's own."""
    latest = module.latest(user)
    if latest is None:
        latest = Submission(_next_id(site), user, 0, 0, "new", now, now)
        if not module.about["teamsubmission"]:  # a team's own row would be made
            module.submissions.append(latest)
    if attempt in (-1, latest.attempt):
        return latest
    found = next((one for one in module.submissions if (one.user, one.attempt) == (user, attempt)), None)
    if found is None:
        found = Submission(_next_id(site), user, 0, attempt, "new", now, now)
        module.submissions.append(found)
    return found


def _next_id(site: Site) -> int:
    return 1 + max((one.id for module in site.modules.values() for one in module.submissions), default=70000)


def submission_status(site: Site, caller: Caller, arguments: Arguments) -> Any:
    """mod_assign_get_submission_status: an attempt, its feedback and the earlier attempts."""
    module = find_module(site, arguments["assignid"])
    user = whole(arguments.get("userid", caller.user))
    if user != caller.user and not is_teacher(caller):
        raise not_permitted("View grades")
    answer: dict[str, Any] = {}
    if is_teacher(caller):
        answer["gradingsummary"] = _summary(module)
    answer["lastattempt"] = _last_attempt(site, module, caller, user)
    feedback = _feedback(site, module, caller, user)
    if feedback:
        answer["feedback"] = feedback
    earlier = _earlier(site, module, user)
    if earlier:
        answer["previousattempts"] = earlier
    return {**answer, "assignmentdata": {"attachments": {"intro": []}}, "warnings": []}


def _summary(module: Module) -> dict[str, Any]:
    team = bool(module.about["teamsubmission"])
    people = set(module.people)
    if team:
        counted = [one for one in module.submissions if one.user == 0]
        everybody = len({module.teams.get(user, 0) for user in people})
    else:
        latest: dict[int, Submission] = {}
        for one in module.submissions:
            if one.user in people and (one.user not in latest or one.attempt > latest[one.user].attempt):
                latest[one.user] = one
        counted = list(latest.values())
        everybody = len(people)
    needs = 0
    records = {(one.user, one.attempt): one for one in module.grades}
    for one in [] if team else counted:
        record = records.get((one.user, one.attempt))
        needs += one.status == "submitted" and (record is None or one.modified >= record.modified)
    return {
        "participantcount": everybody,
        "submissiondraftscount": sum(one.status == "draft" for one in counted),
        "submissionsenabled": True,
        "submissionssubmittedcount": sum(one.status == "submitted" for one in counted),
        "submissionsneedgradingcount": needs,
        "warnofungroupedusers": "warnoptional" if team else "",
    }


def _last_attempt(site: Site, module: Module, caller: Caller, user: int) -> dict[str, Any]:
    own = module.latest(user)
    answer: dict[str, Any] = {}
    team = module.teams.get(user, 0) if module.about["teamsubmission"] else 0
    if own is not None:
        answer["submission"] = {**submission_entry(site, module, own), "assignment": module.id, "latest": 1}
    if module.about["teamsubmission"]:
        shared = next((one for one in module.submissions if one.user == 0 and one.group == team), None)
        if shared is not None:
            answer["teamsubmission"] = {**submission_entry(site, module, shared), "assignment": module.id, "latest": 1}
        answer |= {"submissiongroup": team} if team else {}
    flags = module.flags_of(user)
    record = module.latest_grade(user)
    graded = record is not None and record.grade >= 0
    workflow = bool(module.about["markingworkflow"])
    status = ((flags.workflow if flags else "") or "notmarked") if workflow else ("graded" if graded else "notgraded")
    return {
        **answer,
        "submissiongroupmemberswhoneedtosubmit": [],
        "submissionsenabled": True,
        "locked": user in module.prevented,
        "graded": graded,
        "canedit": user == caller.user and user not in module.disabled - module.overridden,
        "caneditowner": user not in (module.disabled - module.overridden) | module.prevented
        and not (module.about["submissiondrafts"] and own is not None and own.status == "submitted"),
        "cansubmit": own is not None and own.status == "draft",
        "extensionduedate": flags.extension if flags else None,
        "timelimit": 0,
        "blindmarking": bool(module.about["blindmarking"]) and not module.about["revealidentities"],
        "gradingstatus": status,
        "usergroups": site.given.get(("groups", module.id, user), site.given.get(("groups", user), [])),
    }


def _feedback(site: Site, module: Module, caller: Caller, user: int) -> dict[str, Any] | None:
    record = module.latest_grade(user)
    entry = module.gradebook.get(user)
    if record is None and entry is not None:  # an earlier attempt's grade is all there is
        return {"gradefordisplay": _display(module, entry[0]), "gradeddate": entry[1]}
    if record is None or (entry is None and not _shows_feedback(module, record)):
        return None
    answer: dict[str, Any] = {"grade": {**grade_entry(record), "assignment": module.id}}
    answer["gradefordisplay"] = _display(module, entry[0]) if entry else None
    answer["gradeddate"] = entry[1] if entry else None
    return {**answer, "plugins": _plugins(site, module, record)}


def _shows_feedback(module: Module, record: Grade) -> bool:
    """Whether a mark that the gradebook does not have is shown, to teachers and students: by a comment or a file."""
    flags = module.flags_of(record.user)
    released = not module.about["markingworkflow"] or (flags is not None and flags.workflow == "released")
    return released and bool(record.comment or record.files)


def _display(module: Module, grade: float) -> str:
    if module.scale:
        return module.scale[int(grade) - 1]
    space = " " if _criteria(module) else "&nbsp;"
    return f"{grade:.2f}{space}/{space}{float(module.about['grade']):.2f}"


def _plugins(site: Site, module: Module, record: Grade) -> list[dict[str, Any]]:
    plugins: list[dict[str, Any]] = []
    place = f"{module.context}/assignfeedback_comments/feedback/{record.id}"
    pictures = [site.file_entry(place, path, file) for path, file in sorted(record.pictures.items())]
    editor = {
        "name": "comments",
        "description": "Feedback comments",
        "text": stored_text(record.comment or "", place),
        "format": 0 if record.comment is None else 1,
    }
    areas = [{"area": "feedback", "files": pictures}]
    if module.is_on("assignfeedback", "comments"):
        plugins.append({"type": "comments", "name": "Feedback comments", "fileareas": areas, "editorfields": [editor]})
    if module.is_on("assignfeedback", "offline") and not _criteria(module):
        plugins.append({"type": "offline", "name": "Offline grading worksheet"})
    if module.is_on("assignfeedback", "file"):
        base = f"{module.context}/assignfeedback_file/feedback_files/{record.id}"
        files = [site.file_entry(base, path, file) for path, file in sorted(record.files.items(), key=_folder_order)]
        area = [{"area": "feedback_files", "files": files}]
        plugins.append({"type": "file", "name": "Feedback files", "fileareas": area})
    return plugins


def _folder_order(item: tuple[str, StoredFile]) -> tuple[str, str]:
    folder, _, name = item[0].rpartition("/")
    return folder, name


def _earlier(site: Site, module: Module, user: int) -> list[dict[str, Any]]:
    latest = module.latest(user)
    earlier = []
    for one in sorted(module.submissions, key=lambda one: one.attempt):
        if latest is None or one.user != user or one.attempt >= latest.attempt:
            continue
        entry: dict[str, Any] = {"attemptnumber": one.attempt}
        entry["submission"] = {**submission_entry(site, module, one), "assignment": module.id, "latest": 0}
        record = module.grade_of(user, one.attempt)
        if record is not None:
            shown = _display(module, record.grade) if record.grade >= 0 else ""
            entry["grade"] = {**grade_entry(record), "assignment": module.id, "gradefordisplay": shown}
            entry["feedbackplugins"] = _plugins(site, module, record)
        earlier.append(entry)
    return earlier
