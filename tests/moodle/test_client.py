"""Requests over networks and sites that fail: waits as asked, refusals, sizes, tokens."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.moodle.web.client import (
    MoodleClient,
    MoodleError,
    MoodleRefusalError,
    MoodleUnreachableError,
    Patience,
    open_client,
)
from autograder.moodle.web.token import KEYRING_SERVICE, TOKEN_VARIABLE, find_token
from autograder.moodle.web.transport import retry_after_seconds

SITE = "https://moodle.example.org"
FILE = f"{SITE}/webservice/pluginfile.php/7/optim.py"
Answer = httpx.Response | Exception


def client_of(*answers: Answer, waits: list[float] | None = None) -> MoodleClient:
    """A client whose requests get these answers, in this order."""
    left = iter(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return open_client(
        SITE,
        "secret-token",
        http=httpx.Client(transport=httpx.MockTransport(handle)),
        patience=Patience(tries=3, first_wait_seconds=1, pause_seconds=0),
        sleep=(waits if waits is not None else []).append,
    )


def busy(status: int, seconds: str | None = None) -> httpx.Response:
    """A site that wants to be left alone for a while."""
    return httpx.Response(status, headers={} if seconds is None else {"Retry-After": seconds})


@pytest.mark.parametrize("status", [429, 503])
def test_the_time_that_the_site_asks_for_is_waited(status: int) -> None:
    """Retry-After wins over the client's own shorter wait; without it the wait doubles."""
    waits: list[float] = []
    client = client_of(busy(status, "17"), busy(status), httpx.Response(200, json={"ok": 1}), waits=waits)

    assert {"ok": 1} == client.call("core_x")
    assert [17, 2] == [wait for wait in waits if wait]


def test_a_site_that_asks_for_too_long_is_not_waited_for() -> None:
    """The command ends, and its message has the time."""
    with pytest.raises(MoodleUnreachableError, match=r"asks to try again in 3600 seconds \(status 503\)"):
        client_of(busy(503, "3600")).call("core_x")


def test_a_save_is_repeated_only_where_it_was_refused_before_it_began() -> None:
    """Status 429 says so; after any other failure nobody knows, and the caller has to look."""
    assert 1 == client_of(busy(429, "2"), httpx.Response(200, json=1)).call("core_x", repeat=False)
    for lost in (busy(503, "2"), httpx.ReadTimeout("slow")):
        with pytest.raises(MoodleUnreachableError):
            client_of(lost, httpx.Response(200, json=1)).call("core_x", repeat=False)


def test_after_the_last_try_the_reason_is_named() -> None:
    """Every failure was one of the network."""
    with pytest.raises(MoodleUnreachableError, match=r"did not answer \(ConnectError\)"):
        client_of(*[httpx.ConnectError("gone")] * 3).call("core_x")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), (" 0 ", 0), ("", 0), ("soon", 0), ("-5", 0), ("Thu, 26 Nov 2026 10:00:30 GMT", 30),
     ("Thu, 26 Nov 2026 09:00:00 GMT", 0), ("Thu, 26 Nov 2026 10:00:30", 30), ("٣", 0)],
)  # fmt: skip
def test_both_forms_of_retry_after(header: str, seconds: float) -> None:
    """Seconds, or a date; anything else asks for nothing."""
    assert seconds == retry_after_seconds(header, datetime(2026, 11, 26, 10, tzinfo=UTC))


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_header_makes_the_reader_raise(header: str) -> None:
    """Whatever a proxy writes there."""
    assert retry_after_seconds(header) >= 0


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ({"exception": "x", "errorcode": "invalidtoken", "message": "bad secret-token"}, MoodleRefusalError, "bad …"),
        ({"exception": "x", "errorcode": "nopermissions", "message": "no"}, MoodleRefusalError, "refuses core_x"),
        ({"error": "E", "errorcode": "dml"}, MoodleError, "core_x: E"),
    ],
)  # fmt: skip
def test_refusals_and_errors_are_different_exceptions(
    answer: dict[str, str], error: type[Exception], words: str
) -> None:
    """By Moodle's code; the token is never repeated."""
    with pytest.raises(error, match=words) as caught:
        client_of(httpx.Response(200, json=answer)).call("core_x")

    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalidtoken", "make a new one"),
        ("accessexception", r"no system role \(docs/moodle-admin\.md, step 5\), .* expired .* lacks the function"),
        ("nopermissions", "lacks a capability in the course"),
        ("requireloginerror", "not enrolled"),
        ("servicenotavailable", "not enabled"),
    ],
)
def test_a_refusal_says_what_to_look_at(code: str, words: str) -> None:
    """Moodle's own text is the same for several reasons."""
    answer = {"exception": "webservice_access_exception", "errorcode": code, "message": "Access control exception"}
    with pytest.raises(MoodleRefusalError, match=words):
        client_of(httpx.Response(200, json=answer)).call("core_x")


def test_web_services_that_are_off_are_named() -> None:
    """Moodle answers 403 and nothing else."""
    with pytest.raises(MoodleRefusalError, match="web services or the REST protocol are off"):
        client_of(httpx.Response(403, text="")).call("core_x")


def test_a_page_in_place_of_an_answer_is_an_error() -> None:
    """A wrong address gives a web page."""
    with pytest.raises(MoodleError, match="status 404, and no answer of a web service"):
        client_of(httpx.Response(404, text="<html>")).call("core_x")


def test_a_download_that_breaks_off_begins_again(tmp_path: Path) -> None:
    """Nothing of the first try is left in the file."""

    def broken() -> Iterator[bytes]:
        yield b"wrong"
        raise httpx.ReadError("cut")

    with (tmp_path / "f").open("w+b") as target:
        client_of(httpx.Response(200, content=broken()), httpx.Response(200, content=b"right")).download_to(
            FILE, 5, target
        )

    assert b"right" == (tmp_path / "f").read_bytes()


@pytest.mark.parametrize(
    ("answer", "size", "error", "words"),
    [
        (httpx.Response(200, content=b"abc"), 4, MoodleError, "has 3 bytes, Moodle announced 4"),
        (httpx.Response(200, content=b"x" * 70_000), 4, MoodleError, "more than 70000 bytes"),
        (httpx.Response(200, json={"errorcode": "accessexception", "error": "no"}), 4, MoodleRefusalError, "download"),
        (httpx.Response(404, content=b"none"), 4, MoodleError, "4 bytes"),
    ],
)
def test_what_is_not_the_file_is_refused(answer: Answer, size: int, error: type[Exception], words: str) -> None:
    """Too short, without end, an error in its place, a page: none is taken for the file."""
    target = io.BytesIO()
    with pytest.raises(error, match=words):
        client_of(answer).download_to(FILE, size, target)


def test_another_sites_address_never_gets_the_token() -> None:
    """The address comes from an answer."""
    with pytest.raises(MoodleError, match=r"not this site's: 'evil\.example'"):
        client_of().download("https://evil.example/webservice/pluginfile.php/1", 1)


def uploaded(name: str = "f.html", size: int = 3) -> httpx.Response:
    """Moodle's answer to an upload of one file."""
    return httpx.Response(200, json=[{"itemid": 9, "filename": name, "filesize": size}])


def test_an_upload_is_checked_file_by_file() -> None:
    """Another name or size is an error; a lost answer begins a new area."""
    assert 9 == client_of(httpx.ReadTimeout("lost"), uploaded()).upload({"/f.html": b"abc"})
    with pytest.raises(MoodleError, match=r"sent \['f.html'\], Moodle has \['g.html'\]"):
        client_of(uploaded("g.html")).upload({"/f.html": b"abc"})
    with pytest.raises(MoodleError, match="upload: "):
        client_of(httpx.Response(200, json={"no": "list"})).upload({"/f.html": b"abc"})
    with pytest.raises(MoodleUnreachableError):
        client_of(*[httpx.ReadTimeout("lost")] * 3).upload({"/f.html": b"abc"})


def test_no_files_are_an_empty_area() -> None:
    """Moodle gives a number for it."""
    assert 5 == client_of(httpx.Response(200, json={"itemid": 5})).upload({})


@pytest.mark.parametrize("site", ["http://moodle.example.org", "moodle.example.org", "ftp://x"])
def test_the_token_is_never_sent_unencrypted(site: str) -> None:
    """Only https, and this machine."""
    with pytest.raises(UsageError, match="https://"):
        open_client(site, "t")


def keyring_of(answer: Callable[[str, str], str | None]) -> tuple[types.ModuleType, types.ModuleType]:
    """A keyring package that answers so."""
    package, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]  # a stand-in
    package.errors, package.get_password = errors, answer  # type: ignore[attr-defined]  # a stand-in
    return package, errors


def test_the_token_comes_from_the_environment_then_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyring that is locked, empty or not installed ends in one message with both ways."""
    asked: list[tuple[str, str]] = []
    package, errors = keyring_of(lambda service, site: asked.append((service, site)) or "stored")
    monkeypatch.setitem(sys.modules, "keyring", package)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)

    assert "given" == find_token(SITE, {TOKEN_VARIABLE: " given "})
    assert ("stored", [(KEYRING_SERVICE, SITE)]) == (find_token(SITE, {}), asked)

    def locked(service: str, site: str) -> str:
        raise errors.KeyringError("locked")

    package.get_password = locked  # type: ignore[attr-defined]  # a stand-in
    with pytest.raises(UsageError, match=r"autograder\[moodle\]"):
        find_token(SITE, {})
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match=TOKEN_VARIABLE):
        find_token(SITE, {})
