"""Which versions of Moodle the kit knows: those of the table in ``docs/moodle-versions.md``."""

from __future__ import annotations

import re

from autograder.hostiletext import short_line
from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleRefusalError

TESTED = "4.5"
KNOWN = ("4.1", "4.2", "4.3", "4.4", "4.5", "5.0")
_RELEASE = re.compile(r"(\d+\.\d+)(?!\d|dev|beta|rc)")


def version_note(client: MoodleClient) -> str:
    """Return what to say about the version of this Moodle; '' where the kit knows it."""
    try:
        release = str(client.call("core_webservice_get_site_info").get("release", ""))
    except (MoodleError, MoodleRefusalError, AttributeError):
        return _unknown("version unknown")
    found = _RELEASE.match(release)
    if found is None:
        return _unknown(f"version {short_line(release, 40)!r}")
    if found[1] in KNOWN:
        return ""
    return _unknown(f"version {short_line(release, 40)}")


def _unknown(what: str) -> str:
    return (
        f"Moodle: {what}: the kit knows {KNOWN[0]} to {KNOWN[-1]} and was tested with {TESTED}; begin with --dry-run "
        "where there is one, and look at one student's page in Moodle before all others (docs/moodle-versions.md)"
    )
