"""A small ASGI server that answers as Moodle's web services do: a test double, for tests only.

It keeps state, and it repeats the errors and oddities of the recorded exchanges, against which it is
checked: status 200 for nearly everything, ``null`` for a save that did nothing, JSON in place of a file.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from autograder.moodle.web.transport import bracketed
from tests.moodle_server import functions, grading
from tests.moodle_server.functions import Fault
from tests.moodle_server.settings import settled
from tests.moodle_server.site import Caller, Site, StoredFile

Answer = tuple[int, str, bytes]
Scope = Mapping[str, Any]

_FUNCTIONS: dict[str, tuple[Callable[[Site, Caller, dict[str, Any]], Any], set[str]]] = {
    "mod_assign_list_participants": (
        functions.list_participants,
        {"assignid", "groupid", "filter", "skip", "limit", "onlyids", "includeenrolments", "tablesort"},
    ),
    "mod_assign_get_user_mappings": (functions.get_user_mappings, {"assignmentids"}),
    "mod_assign_get_submissions": (functions.get_submissions, {"assignmentids", "status", "since", "before"}),
    "mod_assign_get_user_flags": (functions.get_user_flags, {"assignmentids"}),
    "mod_assign_get_grades": (functions.get_grades, {"assignmentids", "since"}),
    "mod_assign_set_user_flags": (functions.set_user_flags, {"assignmentid", "userflags"}),
    "mod_assign_save_user_extensions": (functions.save_user_extensions, {"assignmentid", "userids", "dates"}),
    "mod_assign_reveal_identities": (functions.reveal_identities, {"assignmentid"}),
    "mod_assign_save_submission": (functions.save_submission, {"assignmentid", "plugindata"}),
    "mod_assign_save_grade": (
        grading.save_grade,
        {
            "assignmentid",
            "userid",
            "grade",
            "attemptnumber",
            "addattempt",
            "workflowstate",
            "applytoall",
            "plugindata",
            "advancedgradingdata",
        },
    ),
    "mod_assign_save_grades": (grading.save_grades, {"assignmentid", "applytoall", "grades"}),
    "mod_assign_get_submission_status": (grading.submission_status, {"assignid", "userid", "groupid"}),
    "core_files_get_unused_draft_itemid": (functions.unused_draft, set()),
    "mod_assign_get_participant": (functions.get_participant, {"assignid", "userid", "embeduser"}),
    "gradereport_user_get_grade_items": (functions.grade_items, {"courseid"}),
    "core_grading_get_definitions": (functions.grading_definitions, {"cmids", "areaname"}),
    "core_grading_get_gradingform_instances": (functions.grading_instances, {"definitionid", "since"}),
    "core_webservice_get_site_info": (functions.site_info, set()),
}
# fields that JSON leaves out where they are empty, and XML does not: each after the field before it
_EMPTY_IN_XML = {"userhomepage": "userhomepageurl", "limitconcurrentlogins": "usersessionscount"}
_BATCH = "tool_mobile_call_external_functions"
_FORBIDDEN = {"core_user_create_users"}  # known to Moodle, but in no service of ours


def make_app(site: Site) -> Callable[..., Awaitable[None]]:
    """An ASGI application for a site."""

    async def app(scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        status, kind, data = answer(site, scope["path"], query, headers.get("content-type", ""), body)
        head = [(b"content-type", kind.encode()), (b"content-length", str(len(data)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": data})

    return app


def answer(site: Site, path: str, query: str, kind: str, body: bytes) -> Answer:
    """Status, content type and body for a request."""
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    files: list[tuple[str, bytes]] = []
    if kind.startswith("multipart/form-data"):
        fields, files = _multipart(kind, body)
        parameters.update(fields)
    else:
        parameters.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if path == "/login/token.php":
        return _login(site, parameters)
    if path == "/webservice/rest/server.php":
        return _rest(site, parameters)
    if path == "/webservice/upload.php":
        return _upload(site, parameters, files)
    if path.startswith("/webservice/pluginfile.php/"):
        return _file(site, unquote(path.removeprefix("/webservice/pluginfile.php/")), parameters)
    if path.startswith("/pluginfile.php/"):
        return 200, "text/html; charset=utf-8", b"<!DOCTYPE html>\n\n<html><head><title>Log in to the site"
    return 404, "text/html; charset=utf-8", b"<!DOCTYPE html>"


def _login(site: Site, parameters: Mapping[str, str]) -> Answer:
    given = site.given.get(("login", parameters.get("service")))
    if given is None:
        return _error("Web service is not available. (It doesn't exist or might be disabled.)", "servicenotavailable")
    if (parameters.get("username"), parameters.get("password")) != given[:2]:
        return _error("Invalid login, please try again", "invalidlogin")
    return _json({"token": given[2], "privatetoken": None}, "application/json; charset=utf-8")


def _rest(site: Site, parameters: dict[str, str]) -> Answer:
    name = parameters.pop("wsfunction", "")
    xml = parameters.pop("moodlewsrestformat", "xml") != "json"
    token = parameters.pop("wstoken", "")
    if name == _BATCH and name not in _FORBIDDEN:
        return _json(_several(site, token, nested(parameters)))
    settings = {key: parameters.pop(f"moodlewssetting{key}", None) for key in ("raw", "fileurl", "filter", "lang")}
    try:
        value = settled(_call(site, token, name, parameters), site, settings)
    except Fault as fault:
        return _xml_fault(fault) if xml else _json(fault.answer)
    return _xml(value) if xml else _json(value)


def _several(site: Site, token: str, arguments: dict[str, Any]) -> Any:
    """Several functions in one request, up to the first error.

    From Moodle's source: no recording has it. The recorded list of the mobile service's functions names it.
    """
    responses: list[dict[str, Any]] = []
    for request in functions.listed(arguments["requests"]):
        flat = bracketed(json.loads(request.get("arguments", "{}")))
        settings = {key: request.get(f"setting{key}") for key in ("raw", "fileurl", "filter", "lang")}
        try:
            value = settled(_call(site, token, request["function"], flat), site, settings)
        except Fault as fault:
            return {"responses": [*responses, {"error": True, "exception": json.dumps(fault.answer)}]}
        responses.append({"error": False, "data": json.dumps(value)})
    return {"responses": responses}


def _call(site: Site, token: str, name: str, parameters: Mapping[str, str]) -> Any:
    caller = site.tokens.get(token)
    if caller is None:
        raise Fault("core\\exception\\moodle_exception", "invalidtoken", "Invalid token - token not found")
    key = (name, caller.role, "mobile" if caller.mobile else "", tuple(sorted(parameters.items())))
    for wanted in (key, (*key[:2], "", key[3]), (name, "*", "", key[3])):
        if wanted in site.given:
            value = site.given[wanted]
            if isinstance(value, Fault):
                raise value
            return value
    if name in _FORBIDDEN:
        raise Fault("webservice_access_exception", "accessexception", "Access control exception")
    if name not in _FUNCTIONS and not any(isinstance(one, tuple) and one[0] == name for one in site.given):
        raise functions.no_record("external_functions")
    if name not in _FUNCTIONS:
        raise functions.invalid()
    function, allowed = _FUNCTIONS[name]
    arguments = nested(parameters)
    if not set(arguments) <= allowed:
        raise functions.invalid()
    try:
        if function is functions.site_info:
            given = {_BATCH, "core_course_get_courses_by_field", "mod_assign_get_assignments"}
            listed = sorted({*_FUNCTIONS, *given} - _FORBIDDEN)
            about = {"functions": [{"name": one} for one in listed], "downloadfiles": 1, "uploadfiles": 1}
            return {**functions.site_info(site, caller, arguments), **about}
        return function(site, caller, arguments)
    except (KeyError, AttributeError, TypeError) as error:
        raise functions.invalid() from error


def nested(parameters: Mapping[str, str]) -> dict[str, Any]:
    """PHP's bracketed names as nested dictionaries."""
    whole: dict[str, Any] = {}
    for name, value in parameters.items():
        parts = [part.rstrip("]") for part in name.split("[")]
        place = whole
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return whole


def _upload(site: Site, parameters: Mapping[str, str], files: list[tuple[str, bytes]]) -> Answer:
    caller = site.tokens.get(parameters.get("token", ""))
    if caller is None:
        return _error("Invalid token - token not found", "invalidtoken", kind="text/plain; charset=utf-8")
    item = int(parameters.get("itemid", "0")) or next(site.draft_ids)
    area = site.drafts.setdefault((caller.user, item), {})
    folder = parameters.get("filepath", "/")
    entries = []
    for sent_name, data in files:
        name = re.sub(r"""[\x00-\x1f&<>"`|':\\]""", "", sent_name.rpartition("/")[2])
        path = folder + name
        if path in area:
            problem = {"errortype": "filenameexist", "error": f"File name already exists: {name}"}
            entries.append({"filename": name, "filepath": "(server temporary path)", "size": len(data), **problem})
            continue
        area[path] = StoredFile(data, site.clock())
        source = f'O:8:"stdClass":1:{{s:6:"source";s:{len(name.encode())}:"{name}";}}'
        entry: dict[str, Any] = {"component": "user", "contextid": site.context_of.get(caller.user, 31)}
        entry |= {"userid": str(caller.user), "filearea": "draft", "filename": name, "filepath": folder}
        entry |= {"itemid": item, "license": "unknown", "author": site.users[caller.user]["fullname"]}
        entries.append({**entry, "source": source, "filesize": len(data)})
    return _json(entries, "text/plain; charset=utf-8")


def _file(site: Site, path: str, parameters: Mapping[str, str]) -> Answer:
    if "token" not in parameters:
        return _error("A required parameter (token) was missing", "missingparam")
    caller = site.tokens.get(parameters["token"])
    if caller is None:
        return _error("Invalid token - token not found", "invalidtoken")
    match = re.fullmatch(r"(\d+)/assign(submission|feedback)_file/\w+/(\d+)(/.*)", path)
    found = _stored(site, match, caller) if match else None
    if found is None:
        return _error("Sorry, the requested file could not be found", "filenotfound", status=404)
    file, name = found
    kind = site.file_entry("", name, file)["mimetype"]
    return 200, "text/html;charset=UTF-8" if kind == "text/html" else kind, file.data


def _stored(site: Site, match: re.Match[str], caller: Caller) -> tuple[StoredFile, str] | None:
    for module in site.modules.values():
        if module.context != int(match[1]):
            continue
        rows = module.submissions if match[2] == "submission" else module.grades
        for row in rows:
            mine = caller.role != "student" or row.user == caller.user
            if row.id == int(match[3]) and mine and match[4] in row.files:
                return row.files[match[4]], match[4]
    return None


def _error(text: str, code: str, *, status: int = 200, kind: str = "application/json; charset=utf-8") -> Answer:
    value = {"error": text, "errorcode": code, "stacktrace": None, "debuginfo": None, "reproductionlink": None}
    return _json(value, kind, status)


def _json(value: Any, kind: str = "application/json", status: int = 200) -> Answer:
    return status, kind, json.dumps(value).encode()


def _xml(value: Any) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8" ?>\n<RESPONSE>\n{_xml_value(value)}</RESPONSE>\n'
    return 200, "application/xml; charset=utf-8", text.encode()


def _xml_value(value: Any) -> str:
    if isinstance(value, dict):
        keys = ""
        for name, inner in value.items():
            keys += f'<KEY name="{name}">{_xml_value(inner)}</KEY>\n'
            if (empty := _EMPTY_IN_XML.get(name)) and empty not in value:
                keys += f'<KEY name="{empty}">{_xml_value(None)}</KEY>\n'
        return f"<SINGLE>\n{keys}</SINGLE>\n"
    if isinstance(value, list):
        return "<MULTIPLE>\n" + "".join(map(_xml_value, value)) + "</MULTIPLE>\n"
    if value is None:
        return '<VALUE null="null"/>\n'
    return f"<VALUE>{escape(str(int(value) if isinstance(value, bool) else value))}</VALUE>\n"


def _xml_fault(fault: Fault) -> Answer:
    said = fault.answer
    inside = f"<ERRORCODE>{said['errorcode']}</ERRORCODE>\n<MESSAGE>{escape(said['message'])}</MESSAGE>\n"
    text = f'<?xml version="1.0" encoding="UTF-8" ?>\n<EXCEPTION class="{said["exception"]}">\n{inside}</EXCEPTION>\n'
    return 200, "application/xml; charset=utf-8", text.encode()


def _multipart(kind: str, body: bytes) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    boundary = re.search(r'boundary="?([^";]+)', kind)
    fields: dict[str, str] = {}
    files: list[tuple[str, bytes]] = []
    for part in body.split(b"--" + (boundary[1].encode() if boundary else b""))[1:-1]:
        head, _, data = part[2:].partition(b"\r\n\r\n")
        data = data[:-2]
        line = BytesParser(policy=HTTP).parsebytes(head + b"\r\n\r\n")["content-disposition"]
        name = line.params.get("name", "")
        found = re.search(rb'filename="((?:[^"\\]|\\.)*)"', head)
        if found:
            text = found[1].decode("utf-8", "replace")
            files.append((re.sub(r"%(22|0A|0D)", lambda m: chr(int(m[1], 16)), text), data))
        else:
            fields[name] = data.decode("utf-8", "replace")
    return fields, files


def decoded_upload(site: Site, caller: Caller, arguments: dict[str, Any]) -> Any:
    """core_files_upload: one file in base64, into the caller's own draft area."""
    item = functions.whole(arguments["itemid"]) or next(site.draft_ids)
    path = arguments["filepath"] + arguments["filename"]
    data = base64.b64decode(arguments["filecontent"])
    site.drafts.setdefault((caller.user, item), {})[path] = StoredFile(data, site.clock())
    context = site.context_of.get(caller.user, 31)
    url = f"{site.url}/draftfile.php/{context}/user/draft/{item}{path}"
    place = {"contextid": context, "component": "user", "filearea": "draft", "itemid": item}
    return {**place, "filepath": arguments["filepath"], "filename": arguments["filename"], "url": url}


_FUNCTIONS["core_files_upload"] = (
    decoded_upload,
    {"component", "filearea", "itemid", "filepath", "filename", "filecontent", "contextlevel", "instanceid"},
)
