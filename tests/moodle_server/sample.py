"""A site with a class of invented students, and ways to reach it: properly, or over a bad network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Lock
from typing import Any

import httpx

from autograder.moodle.web.client import MoodleClient, Patience, open_client
from tests.moodle_server.app import make_app
from tests.moodle_server.site import Caller, Module, Site, StoredFile, Submission

TOKEN = "a-secret-token"
ABOUT: dict[str, Any] = {
    "id": 301,
    "cmid": 911,
    "name": "Optimisers",
    "duedate": 1770996000,
    "grade": 100,
    "submissiondrafts": 0,
    "teamsubmission": 0,
    "blindmarking": 0,
    "revealidentities": 0,
    "markingworkflow": 0,
    "attemptreopenmethod": "none",
    "configs": [
        {"plugin": plugin, "subtype": "assignfeedback", "name": "enabled", "value": "1"}
        for plugin in ("comments", "offline", "file")
    ],
}


def make_site(people: int = 5, **about: Any) -> Site:
    """A course with one assignment, to which everybody but the last person has submitted one file."""
    users = {
        3001 + place: {
            "fullname": f"Student {place} Ó Briain",
            "email": f"s{place}@example.org",
            "idnumber": str(25_200_000 + place),
        }
        for place in range(people)
    }
    module = Module({**ABOUT, **about}, 35, people=list(users))
    module.mappings = [(41001 + place, user) for place, user in enumerate(users)]
    for place, user in enumerate(list(users)[:-1]):
        files = {"/optim.py": StoredFile(f"answer = {place}\n".encode(), 1770900000 + place)}
        module.submissions.append(
            Submission(70001 + place, user, 0, 0, "submitted", 1770900000, 1770900000 + place, files)
        )
    users[2001] = {"fullname": "Teresa Teacher"}
    clock = count(1771500000)
    site = Site("http://testserver", users, {TOKEN: Caller(2001, "teacher")}, {301: module}, clock=lambda: next(clock))
    rest = (("field", "shortname"), ("value", "COMP47650"))
    site.given[("core_course_get_courses_by_field", "*", "", rest)] = {"courses": [{"id": 471}], "warnings": []}
    listing = {"courses": [{"id": 471, "assignments": [module.about]}], "warnings": []}
    site.given[("mod_assign_get_assignments", "*", "", (("courseids[0]", "471"),))] = listing
    return site


class Wire(httpx.BaseTransport):
    """A synchronous way to an ASGI application."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._inner = httpx.ASGITransport(app=app)
        self._one_at_a_time = Lock()  # the double's tables know no transactions

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and wait for the whole answer."""
        request.read()
        with self._one_at_a_time:
            return asyncio.run(self._send(request))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        response = await self._inner.handle_async_request(copy)
        body = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=body)


@dataclass
class BadNetwork(httpx.BaseTransport):
    """Loses one request in so many: half of them before they arrive, half of the answers on the way back."""

    inner: httpx.BaseTransport
    one_in: int = 20
    random: Random = field(default_factory=lambda: Random(7))
    sent: int = 0
    lost: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or lose it."""
        self.sent += 1
        fate = self.random.randrange(2 * self.one_in)
        if fate == 0:
            self.lost += 1
            raise httpx.ConnectError("the network is gone")
        response = self.inner.handle_request(request)
        if fate == 1:
            self.lost += 1
            raise httpx.ReadTimeout("no answer")
        return response


def connect(site: Site, *, one_in: int = 0, token: str = TOKEN) -> MoodleClient:
    """A client of a site, without any waiting."""
    wire: httpx.BaseTransport = Wire(make_app(site))
    if one_in:
        wire = BadNetwork(wire, one_in)
    http = httpx.Client(transport=wire)
    return open_client(site.url, token, http=http, patience=Patience(pause_seconds=0), sleep=lambda _: None)
