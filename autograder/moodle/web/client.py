"""One Moodle site's web services: calls, downloads and uploads. Requests are repeated; the token is never shown.

The token is a teacher's password for these functions. It is read from the environment or the system's
keyring, is sent in request bodies only, and is in no message, record or representation.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn, TypeAlias
from urllib.parse import urlsplit

import httpx

from autograder.errors import AutograderError, UsageError
from autograder.moodle.web.service import ALL_FUNCTIONS, SITE_INFO, STEP, missing_functions
from autograder.moodle.web.transport import Argument, bracketed, retry_after_seconds

# Moodle's errorcode to what to look at; it uses one code, and one text, for several reasons
_REFUSALS = {
    "invalidtoken": "the token is wrong or was deleted: make a new one",
    "invalidlogin": "the token is wrong or was deleted: make a new one",
    "accessexception": f"the role with webservice/rest:use is no system role ({STEP} 5), or the account is no "
    f"authorised user, or its token has expired ({STEP} 7), or the service lacks the function ({STEP} 4)",
    "nopermissions": f"the account lacks a capability in the course ({STEP} 6)",
    "requireloginerror": f"the account is not enrolled in the course, or does not see the assignment ({STEP} 6)",
    "servicenotavailable": f"the service is not enabled ({STEP} 3)",
}
Json: TypeAlias = Any  # what Moodle answers; each reader checks the part that it uses
_STORED_TEXT: Mapping[str, Argument] = {"moodlewssettingraw": 1, "moodlewssettingfileurl": 0}
_ERROR_BYTES = 1 << 16  # an error in place of a file is shorter


class MoodleError(AutograderError):
    """Moodle answered with an error, or not with what was asked for.

    Attributes:
        code: Moodle's errorcode, the same in all versions; the exception's class is not.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class MoodleRefusalError(UsageError):
    """Moodle refused: the token, its service or the account's rights do not allow it."""


class MoodleUnreachableError(AutograderError):
    """No answer was received. Whether the request was carried out is not known."""


@dataclass(frozen=True)
class Patience:
    """How requests are spaced and repeated.

    Attributes:
        tries: of a request that may be repeated.
        first_wait_seconds: before the second; doubled each time.
        longest_wait_seconds: at most, where the site itself asks for no time.
        longest_asked_seconds: that the site may ask for by ``Retry-After``; for more, the command ends with a message.
        pause_seconds: before each request, to be gentle to a site that others use.
        timeout_seconds: for an answer.
    """

    tries: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 20.0
    longest_asked_seconds: float = 300.0
    pause_seconds: float = 0.05
    timeout_seconds: float = 60.0


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
            repeat: ask again when no answer is received. Only for what may be carried out twice.
            arguments: lists and mappings become Moodle's bracketed names.

        Raises:
            MoodleRefusalError: token, service or rights.
            MoodleError: any other error of Moodle's.
            MoodleUnreachableError: no answer.
        """
        form = {"wstoken": self.token, "wsfunction": function, "moodlewsrestformat": "json", **bracketed(arguments)}
        response = self._send("/webservice/rest/server.php", repeat=repeat, data=form)
        return self._json(response, function)

    def call_stored(self, function: str, arguments: Mapping[str, Argument]) -> Json:
        """Return a function's answer with texts and names as Moodle keeps them, not as it cleans them for a page."""
        return self.call(function, repeat=True, **{**_STORED_TEXT, **arguments})

    def download(self, url: str, size: int) -> bytes:
        """Return a small file that Moodle named; see :meth:`download_to`."""
        stream = io.BytesIO()
        self.download_to(url, size, stream)
        return stream.getvalue()

    def download_to(self, url: str, size: int, target: BinaryIO) -> None:
        """Write a file that Moodle named, of the size that it named, piece by piece.

        Args:
            url: from one of Moodle's answers.
            size: in bytes.
            target: can be read, written and truncated; empty afterwards if the download fails.

        Raises:
            MoodleError: the address is another site's, or what was received has another size.
        """
        if not url.startswith(f"{self.site}/webservice/pluginfile.php/"):
            raise MoodleError(f"a file's address is not this site's: {urlsplit(url).netloc[:60]!r}")

        def receive(response: httpx.Response) -> None:
            target.seek(0)
            target.truncate()
            for chunk in response.iter_bytes():
                target.write(chunk)
                if target.tell() > max(size, _ERROR_BYTES):
                    raise MoodleError(f"a download has more than {target.tell()} bytes, Moodle announced {size}")

        path = url.removeprefix(self.site)
        response = self._send(path, repeat=True, receive=receive, data={"token": self.token})
        received = target.tell()
        if response.status_code == 200 and received == size:
            return
        target.seek(0)
        answer = _parsed(target.read(_ERROR_BYTES))  # an error is JSON, also with status 200
        target.seek(0)
        target.truncate()
        if isinstance(answer, dict) and "errorcode" in answer:
            self.raise_error(answer, "download")
        raise MoodleError(f"a download has {received} bytes, Moodle announced {size}")

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

    def _send(
        self,
        path: str,
        *,
        repeat: bool,
        receive: Callable[[httpx.Response], object] = httpx.Response.read,
        **content: Any,
    ) -> httpx.Response:
        """Return the response once ``receive`` has read it.

        A request is sent again after a failure if ``repeat``, and after status 429 in any case: the site refused
        it before it did anything.
        """
        wait = self.patience.first_wait_seconds
        last, asked = "", 0.0
        for _ in range(self.patience.tries):
            if last:
                self.sleep(max(wait, asked))
                wait = min(2 * wait, self.patience.longest_wait_seconds)
            self.sleep(self.patience.pause_seconds)
            try:
                timeout = self.patience.timeout_seconds
                with self.http.stream("POST", self.site + path, timeout=timeout, **content) as response:
                    status = response.status_code
                    if status != 429 and status < 500:
                        receive(response)
                        return response
                    last, asked = f"status {status}", retry_after_seconds(response.headers.get("Retry-After", ""))
            except httpx.TransportError as error:
                last, asked, status = type(error).__name__, 0.0, 0
            if asked > self.patience.longest_asked_seconds:
                raise MoodleUnreachableError(f"{self.site} asks to try again in {asked:.0f} seconds ({last})")
            if not repeat and status != 429:
                break
        raise MoodleUnreachableError(f"{self.site} did not answer ({last})")

    def _json(self, response: httpx.Response, what: str) -> Json:
        answer = _parsed(response.content)
        if isinstance(answer, dict) and "errorcode" in answer and ("exception" in answer or "error" in answer):
            self.raise_error(answer, what)
        if response.status_code == 403:
            raise MoodleRefusalError(
                f"Moodle refuses {what}: status 403: web services or the REST protocol are off ({STEP} 1 and 2)"
            )
        if response.status_code != 200 or answer is _NOT_JSON:
            raise MoodleError(
                f"{what}: status {response.status_code}, and no answer of a web service: is the address right?"
            )
        return answer

    def raise_error(self, answer: Mapping[str, Any], what: str) -> NoReturn:
        """Raise the error that Moodle answered with."""
        code = str(answer["errorcode"])[:60]
        text = str(answer.get("message") or answer.get("error"))[:300].replace(self.token, "…")
        if code == "accessexception" and self._lacks(what):
            raise MoodleRefusalError(f"Moodle refuses {what}: the service lacks the function {what}: add it ({STEP} 4)")
        if code in _REFUSALS:
            raise MoodleRefusalError(f"Moodle refuses {what}: {text} ({code}): {_REFUSALS[code]}")
        raise MoodleError(f"{what}: {text} ({code})", code)

    def _lacks(self, function: str) -> bool:
        """Whether the service is known to lack a function; Moodle has one message for this and three other reasons."""
        if function == SITE_INFO or function not in ALL_FUNCTIONS:
            return False
        try:
            return function in missing_functions(self.call(SITE_INFO))
        except (MoodleError, MoodleRefusalError, MoodleUnreachableError):
            return False


def open_client(site: str, token: str, *, http: httpx.Client | None = None, **options: Any) -> MoodleClient:
    """Return a client for a site.

    Raises:
        UsageError: the address is not one, or would send the token unencrypted.
    """
    parts = urlsplit(site)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1", "testserver")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise UsageError(
            f"{site!r}: the site's address must begin with https://, or the token would be sent unencrypted"
        )
    return MoodleClient(site.rstrip("/"), token, http or httpx.Client(follow_redirects=False), **options)


_NOT_JSON = object()


def _parsed(data: bytes) -> Json:
    try:
        return json.loads(data)
    except ValueError:
        return _NOT_JSON


def _shown(answer: Json) -> str:
    return json.dumps(answer, ensure_ascii=True)[:300]
