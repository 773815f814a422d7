"""Who belongs to which team: Moodle's zip has group ids, its worksheet has the teams' names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from autograder.moodle.files.datetext import parse_date
from autograder.moodle.files.names import moodle_name, moodle_team_name
from autograder.moodle.files.worksheet import Worksheet, WorksheetRow

NO_TEAM = "group-none"


def team_key(number: str) -> str:
    """Return the key of a team's submission; it cannot be taken for a participant id. 0 is no team."""
    return f"group-{number}" if number.strip("0") else NO_TEAM


def group_number(key: str) -> str:
    """Return a submission's number as Moodle has it: a team's group id, else the key itself."""
    return key.removeprefix("group-")


@dataclass(frozen=True)
class TeamFolder:
    """A team's folder in the download: its key, its cleaned name, and when its newest file was saved."""

    key: str
    name: str
    saved_at: datetime | None


def members_of(
    worksheet: Worksheet, folders: tuple[TeamFolder, ...], zone: ZoneInfo, stated: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return each team's participant ids, and notes on rows that no team can be found for.

    Two teams of one name are distinguished by the time of the submission, where the minutes agree.

    Args:
        worksheet: has a Group column.
        folders: of the download.
        zone: of the worksheet's dates; the zip's are in the server's zone, taken for the same.
        stated: participant id to group id, where a person states it.
    """
    by_name: dict[str, list[TeamFolder]] = defaultdict(list)
    for folder in folders:
        by_name[folder.name].append(folder)
    members: dict[str, list[str]] = {folder.key: [] for folder in folders}
    in_no_team: list[str] = []
    notes = []
    for row in worksheet.rows:
        if row.participant_id in stated:
            members.setdefault(team_key(stated[row.participant_id]), []).append(row.participant_id)
            continue
        named = by_name[moodle_team_name(row.group)] or by_name[moodle_name(row.group)]
        found = named
        if len(found) > 1:
            found = [folder for folder in found if _same_minute(folder, row, worksheet, zone)]
        if len(found) == 1:
            (in_no_team if found[0].key == NO_TEAM else members[found[0].key]).append(row.participant_id)
        elif row.status not in ("none", ""):
            choices = " or ".join(f"{row.participant_id}={group_number(folder.key)}" for folder in named)
            notes.append(
                f"{row.identifier}: its team {row.group!r} is unknown from the download; "
                + (f"state which: {choices}" if choices else "no folder has this name")
            )
    if len(in_no_team) == 1 and not members[NO_TEAM]:
        members[NO_TEAM] = in_no_team
    elif in_no_team:
        notes.append(_shared(in_no_team, is_stated=bool(members[NO_TEAM])))
    return {key: tuple(ids) for key, ids in members.items()}, notes


def shares_no_team(row: WorksheetRow, folders: tuple[TeamFolder, ...]) -> bool:
    """Whether the one submission of everybody without a team is this person's, too."""
    return any(folder.key == NO_TEAM and folder.name == moodle_team_name(row.group) for folder in folders)


def _shared(ids: list[str], *, is_stated: bool) -> str:
    """Return the note on the submission that Moodle keeps for everybody without a team: one person made it."""
    people = ", ".join(ids)
    if is_stated:
        return f"no team: {people} are in no team either; the mark of that submission does not go to them"
    return (
        f"no team: one submission counts in Moodle for everybody without a team ({people}), so its mark goes to nobody "
        f"until you state whose it is: --team {ids[0]}=0, once for each person"
    )


def _same_minute(folder: TeamFolder, row: WorksheetRow, worksheet: Worksheet, zone: ZoneInfo) -> bool:
    if folder.saved_at is None:
        return False
    try:
        submitted_at = parse_date(row.submitted, zone, worksheet.words)
    except ValueError:
        return False
    # a file is saved just before the submission is: the minute may turn in between
    return submitted_at is not None and abs((submitted_at - folder.saved_at).total_seconds()) < 120
