"""One Moodle site's web services: calls, downloads and uploads, with patience and without leaks.

The token is a teacher's password for these functions. It comes from the environment or the system's
keyring, travels in request bodies only, and stands in no message, record or representation.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx

from autograder.errors import AutograderError, UsageError

TOKEN_VARIABLE = "AUTOGRADER_MOODLE_TOKEN"  # noqa: S105 - a variable's name
KEYRING_SERVICE = "autograder-moodle"
_REFUSALS = frozenset(
    {"invalidtoken", "accessexception", "nopermissions", "servicenotavailable", "invalidlogin", "requireloginerror"}
)
Argument: TypeAlias = "str | int | float | bool | Sequence[Argument] | Mapping[str, Argument]"
Json: TypeAlias = Any  # what Moodle answers; each reader checks the part that it uses


class MoodleError(AutograderError):
    """Moodle answered with an error, or with something else than was asked for.

    Attributes:
        code: Moodle's errorcode, the same in all versions; the exception's class is not.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class MoodleRefusalError(UsageError):
    """Moodle refused: the token, its service or the account's rights do not allow it."""


class MoodleUnreachableError(AutograderError):
    """No answer came. Whether the request was carried out is not known."""


@dataclass(frozen=True)
class Patience:
    """How requests are spaced and repeated.

    Attributes:
        tries: of a request that may be repeated.
        first_wait_seconds: before the second; doubled each time.
        longest_wait_seconds: at most.
        pause_seconds: before each request, to be gentle to a site that others use.
        timeout_seconds: for an answer.
    """

    tries: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 20.0
    pause_seconds: float = 0.05
    timeout_seconds: float = 60.0


def find_token(site: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the token for a site: from the environment, else from the system's keyring.

    Raises:
        UsageError: there is none.
    """
    environment = os.environ if environment is None else environment
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if token:
        return token
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        keyring = None
    if keyring is not None:
        try:
            stored = keyring.get_password(KEYRING_SERVICE, site)
        except keyring.errors.KeyringError:
            stored = None
        if stored:
            return str(stored)
    raise UsageError(
        f"no token for {site}: set {TOKEN_VARIABLE}, or store one with: keyring set {KEYRING_SERVICE} {site}"
    )


@dataclass(frozen=True)
class MoodleClient:
    """A site and a token. Use ``with``, or close ``http``.

    Attributes:
        site: its address, ``https://moodle.example.org``.
        token: never shown.
        http: sends the requests; tests put a server of their own behind it.
        patience: with slow and broken networks.
        sleep: waits; tests give one that does not.
    """

    site: str
    token: str = field(repr=False)
    http: httpx.Client = field(repr=False)
    patience: Patience = Patience()
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def call(self, function: str, *, repeat: bool = True, **arguments: Argument) -> Json:
        """Return a web service function's answer.

        Args:
            function: its name.
            repeat: ask again when no answer comes. Only for what may be carried out twice.
            arguments: lists and mappings become Moodle's bracketed names.

        Raises:
            MoodleRefusalError: token, service or rights.
            MoodleError: any other error of Moodle's.
            MoodleUnreachableError: no answer.
        """
        form = {"wstoken": self.token, "wsfunction": function, "moodlewsrestformat": "json", **bracketed(arguments)}
        response = self._send("/webservice/rest/server.php", repeat=repeat, data=form)
        return self._json(response, function)

    def download(self, url: str, size: int) -> bytes:
        """Return a file that Moodle named, of the size that it named.

        Raises:
            MoodleError: the address is another site's, or what came has another size.
        """
        if not url.startswith(f"{self.site}/webservice/pluginfile.php/"):
            raise MoodleError(f"a file's address is not this site's: {urlsplit(url).netloc[:60]!r}")
        response = self._send(url.removeprefix(self.site), repeat=True, data={"token": self.token})
        data = response.content
        if response.status_code == 200 and len(data) == size:
            return data
        answer = _parsed(data)  # an error comes as JSON, also with status 200
        if isinstance(answer, dict) and "errorcode" in answer:
            self._raise(answer, "download")
        raise MoodleError(f"a download has {len(data)} bytes, Moodle announced {size}")

    def upload(self, files: Mapping[str, bytes]) -> int:
        """Put files, by their paths, into a new draft area and return its number.

        Raises:
            MoodleError: a file did not arrive under its name with its size.
        """
        for last in [False] * (self.patience.tries - 1) + [True]:
            try:
                return self._upload_once(files)
            except MoodleUnreachableError:  # an area that is half filled is left behind; nothing refers to it
                if last:
                    raise
                self.sleep(self.patience.first_wait_seconds)
        raise AssertionError("unreachable")

    def _upload_once(self, files: Mapping[str, bytes]) -> int:
        if not files:
            return int(self.call("core_files_get_unused_draft_itemid", repeat=False)["itemid"])
        item = 0
        folders = sorted({path.rpartition("/")[0] for path in files})
        for folder in folders:
            names = {path.rpartition("/")[2]: data for path, data in files.items() if path.rpartition("/")[0] == folder}
            parts = {f"file_{place}": (name, names[name]) for place, name in enumerate(sorted(names), start=1)}
            form = {"token": self.token, "itemid": str(item), "filepath": f"/{folder.strip('/')}/".replace("//", "/")}
            response = self._send("/webservice/upload.php", repeat=False, data=form, files=parts)
            answer = self._json(response, "upload")
            if not isinstance(answer, list) or any("itemid" not in entry for entry in answer):
                raise MoodleError(f"upload: {_shown(answer)}")
            arrived = {str(entry["filename"]): int(entry["filesize"]) for entry in answer}
            if arrived != {name: len(data) for name, data in names.items()}:
                raise MoodleError(f"upload: sent {sorted(names)}, Moodle has {sorted(arrived)}")
            item = int(answer[0]["itemid"])
        return item

    def _send(self, path: str, *, repeat: bool, **content: Any) -> httpx.Response:
        wait = self.patience.first_wait_seconds
        last = ""
        for _ in range(self.patience.tries if repeat else 1):
            if last:
                self.sleep(wait)
                wait = min(2 * wait, self.patience.longest_wait_seconds)
            self.sleep(self.patience.pause_seconds)
            try:
                response = self.http.post(self.site + path, timeout=self.patience.timeout_seconds, **content)
            except httpx.TransportError as error:
                last = type(error).__name__
                continue
            if response.status_code == 429 or response.status_code >= 500:
                last = f"status {response.status_code}"
                continue
            return response
        raise MoodleUnreachableError(f"{self.site} did not answer ({last})")

    def _json(self, response: httpx.Response, what: str) -> Json:
        answer = _parsed(response.content)
        if isinstance(answer, dict) and "errorcode" in answer and ("exception" in answer or "error" in answer):
            self._raise(answer, what)
        if response.status_code != 200 or answer is _NOT_JSON:
            raise MoodleError(
                f"{what}: status {response.status_code}, and no answer of a web service: is the address right?"
            )
        return answer

    def _raise(self, answer: Mapping[str, Any], what: str) -> None:
        code = str(answer["errorcode"])[:60]
        text = str(answer.get("message") or answer.get("error"))[:300].replace(self.token, "…")
        if code in _REFUSALS:
            raise MoodleRefusalError(f"Moodle refuses {what}: {text} ({code})")
        raise MoodleError(f"{what}: {text} ({code})", code)


def open_client(site: str, token: str, *, http: httpx.Client | None = None, **options: Any) -> MoodleClient:
    """Return a client for a site.

    Raises:
        UsageError: the address is not one, or would send the token unencrypted.
    """
    parts = urlsplit(site)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1", "testserver")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise UsageError(
            f"{site!r}: the site's address must begin with https://, or the token would travel in the open"
        )
    return MoodleClient(site.rstrip("/"), token, http or httpx.Client(follow_redirects=False), **options)


def bracketed(arguments: Mapping[str, Argument]) -> dict[str, str]:
    """Return arguments in PHP's form: ``grades[0][userid]``; booleans as 0 and 1."""
    flat: dict[str, str] = {}

    def walk(name: str, value: Argument) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{name}[{key}]", inner)
        elif isinstance(value, bool):
            flat[name] = str(int(value))
        elif isinstance(value, str | int | float):
            flat[name] = str(value)
        else:
            for place, inner in enumerate(value):
                walk(f"{name}[{place}]", inner)

    for name, value in arguments.items():
        walk(name, value)
    return flat


_NOT_JSON = object()


def _parsed(data: bytes) -> Json:
    try:
        return json.loads(data)
    except ValueError:
        return _NOT_JSON


def _shown(answer: Json) -> str:
    return json.dumps(answer, ensure_ascii=True)[:300]
