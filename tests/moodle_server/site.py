"""What the test double holds: the tables of a Moodle site that its web services read and write."""

from __future__ import annotations

import mimetypes
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote


@dataclass
class StoredFile:
    """A file in Moodle's pool."""

    data: bytes
    modified: int
    size: int | None = None  # where a recording tells only the size
    kind: str = ""
    icon: str = ""


@dataclass
class Submission:
    """A row of assign_submission with its files (path to file) and online text."""

    id: int
    user: int
    group: int
    attempt: int
    status: str
    created: int
    modified: int
    files: dict[str, StoredFile] = field(default_factory=dict)
    online_text: str | None = None


@dataclass
class Grade:
    """A row of assign_grades with comment and feedback files; ``grade`` -1 means none."""

    id: int
    user: int
    attempt: int
    grade: float
    created: int
    modified: int
    grader: int
    comment: str | None = None
    files: dict[str, StoredFile] = field(default_factory=dict)
    pictures: dict[str, StoredFile] = field(default_factory=dict)  # in the comment


@dataclass
class Flags:
    """A row of assign_user_flags."""

    id: int
    user: int
    extension: int = 0
    workflow: str = ""
    mailed: int = 0


@dataclass
class Module:
    """One assignment: ``about`` is its entry in mod_assign_get_assignments."""

    about: dict[str, Any]
    context: int
    people: list[int] = field(default_factory=list)
    mappings: list[tuple[int, int]] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    grades: list[Grade] = field(default_factory=list)
    flags: list[Flags] = field(default_factory=list)
    disabled: set[int] = field(default_factory=set)  # locked or overridden in the gradebook
    overridden: set[int] = field(default_factory=set)  # those of them that are overridden, not locked
    prevented: set[int] = field(default_factory=set)  # "prevent submission changes"
    due: dict[int, int] = field(default_factory=dict)  # overrides
    teams: dict[int, int] = field(default_factory=dict)
    team_names: dict[int, str] = field(default_factory=dict)
    scale: tuple[str, ...] = ()
    rubric: list[dict[str, Any]] = field(default_factory=list)
    guide: list[dict[str, Any]] = field(default_factory=list)
    form: dict[str, Any] = field(default_factory=dict)  # the area of core_grading_get_definitions, as recorded
    instances: dict[int, dict[str, Any]] = field(default_factory=dict)  # by grade record: its filled form
    gradebook: dict[int, tuple[float, int]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The assignment's number."""
        return int(self.about["id"])

    def is_on(self, subtype: str, plugin: str) -> bool:
        """Whether a plug-in is enabled."""
        wanted = (subtype, plugin, "enabled", "1")
        return any(
            (one["subtype"], one["plugin"], one["name"], str(one["value"])) == wanted for one in self.about["configs"]
        )

    def latest(self, user: int) -> Submission | None:
        """A user's latest attempt."""
        mine = [one for one in self.submissions if one.user == user and (user or one.group == 0)]
        return max(mine, key=lambda one: one.attempt, default=None)

    def grade_of(self, user: int, attempt: int) -> Grade | None:
        """A user's grade record for an attempt."""
        return next((one for one in self.grades if (one.user, one.attempt) == (user, attempt)), None)

    def latest_grade(self, user: int) -> Grade | None:
        """A user's grade record for the latest attempt."""
        own = self.latest(user)
        return self.grade_of(user, own.attempt if own else 0)

    def flags_of(self, user: int) -> Flags | None:
        """A user's flags."""
        return next((one for one in self.flags if one.user == user), None)


@dataclass
class Caller:
    """Whose token it is."""

    user: int
    role: str  # teacher, tutor, student, admin
    mobile: bool = False


@dataclass
class Site:
    """The whole site."""

    url: str
    users: dict[int, dict[str, Any]]
    tokens: dict[str, Caller]
    modules: dict[int, Module]
    given: dict[str, Any] = field(default_factory=dict)  # answers that do not depend on anything that changes
    drafts: dict[tuple[int, int], dict[str, StoredFile]] = field(default_factory=dict)
    clock: Callable[[], int] = lambda: 1795416524
    filling_ids: dict[str, Iterator[int]] = field(default_factory=lambda: defaultdict(lambda: count(1)))
    ids: Iterator[int] = field(default_factory=lambda: count(80028))
    draft_ids: Iterator[int] = field(default_factory=lambda: count(400000001))
    saves: dict[int, int] = field(default_factory=dict)  # how often each user's grade was saved
    context_of: dict[int, int] = field(default_factory=dict)

    def file_entry(self, base: str, path: str, file: StoredFile) -> dict[str, Any]:
        """A file as the web services list it."""
        folder, _, name = path.rpartition("/")
        kind = file.kind or mimetypes.guess_type(name)[0] or "document/unknown"
        size = file.size if file.size is not None else len(file.data)
        return {
            "filename": name,
            "filepath": f"{folder}/",
            "filesize": size,
            "fileurl": f"{self.url}/webservice/pluginfile.php/{base}{quote(path)}",
            "timemodified": file.modified,
            "mimetype": kind,
            "isexternalfile": False,
            "icon": file.icon or _icon(kind),
        }


def _icon(kind: str) -> str:
    icons = {"text/html": "f/markup", "text/plain": "f/text", "application/zip": "f/archive"}
    return icons.get(kind, "f/image" if kind.startswith("image/") else "f/unknown")
