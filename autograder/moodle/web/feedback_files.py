"""Feedback files in Moodle: uploaded, and read where their contents are not known already.

Moodle lists each file's size and when it was changed. A file that is listed as the last push left it is in the log,
and one that was just uploaded, and is listed with its size, is that one: neither is downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleUnreachableError
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.many import Fault
from autograder.moodle.web.plugins import RemoteFile
from autograder.moodle.web.state import Left, Save, sha256_of

Contents: TypeAlias = "tuple[dict[str, bytes], dict[str, str]]"  # both by path: contents, and their SHA-256


@dataclass(frozen=True)
class FeedbackFiles:
    """A site's feedback files, and the log that has those of earlier pushes."""

    client: MoodleClient
    log: PushLog

    def upload(self, files: Mapping[str, bytes] | None) -> int | Fault | None:
        """Return the number of a draft area with these files, None where there is nothing to upload."""
        if files is None:
            return None
        try:
            return self.client.upload(files)
        except (MoodleError, MoodleUnreachableError) as error:
            return error

    def read(self, files: Sequence[RemoteFile], left: Left | None) -> Contents:
        """Return the files that Moodle lists.

        Args:
            files: of one person.
            left: what the log says of that person's mark.
        """
        contents = {}
        for file in files:
            known = left.states[0].files.get(file.path) if left and left.stamps.get(file.path) == file.stamp else None
            contents[file.path] = self.log.kept(known) if known else self._download(file)
        return contents, {path: sha256_of(data) for path, data in contents.items()}

    def read_back(self, files: Sequence[RemoteFile], save: Save) -> Contents:
        """Return the files that Moodle lists after a save; those that are known have no contents."""
        contents: dict[str, bytes] = {}
        hashes: dict[str, str] = {}
        for file in files:
            data = None if save.files is None else save.files.get(file.path)
            is_as_before = save.found.stamps.get(file.path) == file.stamp
            before = save.found.state.files.get(file.path) if is_as_before else None
            if data is None and before is not None:
                hashes[file.path] = before
            elif data is not None and len(data) == file.size and before in (None, sha256_of(data)):
                hashes[file.path] = sha256_of(data)
            else:
                contents[file.path] = self._download(file)
                hashes[file.path] = sha256_of(contents[file.path])
        return contents, hashes

    def _download(self, file: RemoteFile) -> bytes:
        return self.client.download(file.url, file.size)
