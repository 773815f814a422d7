"""How Moodle's answers depend on the settings ``moodlewssettingraw`` and ``moodlewssettingfileurl``."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from tests.moodle_server.purifier import purify
from tests.moodle_server.site import Site

_PLACE = "@@PLUGINFILE@@"


class StoredText(str):
    """An editor's text as it is stored, with the place of its files."""

    base = ""


class PlainName(str):
    """A name that Moodle escapes for pages, unless it is asked for raw text."""


def stored_text(text: str, base: str) -> StoredText:
    """Text whose pictures lie at ``base``."""
    made = StoredText(text)
    made.base = base
    return made


def settled(value: Any, site: Site, settings: Mapping[str, str | None]) -> Any:
    """The answer with its texts and names as the settings ask for them."""
    raw = settings["raw"] in ("1", "true")
    if isinstance(value, dict):
        answer = {key: settled(inner, site, settings) for key, inner in value.items()}
        if raw and isinstance(value.get("text"), StoredText):
            answer["format"] = 0
        return answer
    if isinstance(value, list):
        return [settled(inner, site, settings) for inner in value]
    if isinstance(value, StoredText):
        text = str(value) if raw else purify(value)
        keep = settings["fileurl"] in ("0", "false")
        return text if keep else text.replace(_PLACE, f"{site.url}/webservice/pluginfile.php/{value.base}")
    if isinstance(value, PlainName):
        return str(value) if raw else escape(value, quote=False)
    return value
