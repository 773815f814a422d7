"""The words of Moodle's worksheets in several languages, read from ``words.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from autograder.errors import UsageError

COLUMNS = (
    "identifier",
    "full_name",
    "id_number",
    "email",
    "status",
    "opens",
    "due",
    "cut_off",
    "group",
    "marker",
    "grade",
    "maximum",
    "scale",
    "workflow",
    "can_change",
    "submitted",
    "online_text",
    "graded",
    "comments",
    "uncertain",
)
STATUSES = ("submitted", "draft", "none", "reopened")


@dataclass(frozen=True)
class Vocabulary:
    """One vocabulary for all languages: Moodle mixes them wherever a translation has gaps.

    Attributes:
        columns: a header's words to the column's name in ``COLUMNS``.
        english_columns: the headers of an English screen.
        statuses: the first words of a Status cell to "submitted", "draft", "none" or "reopened".
        yes, no: "Grade can be changed".
        extension: the words before the date of an extension.
        late: a word that is in a part of Status when Moodle calls the submission late.
        default_group: the team of those who are in none.
        am, pm: casefolded.
        months: casefolded month to 1 … 12.
        decimal_signs: a language's code to the sign before its decimals.
    """

    columns: Mapping[str, str]
    english_columns: frozenset[str]
    statuses: Mapping[str, str]
    yes: frozenset[str]
    no: frozenset[str]
    extension: tuple[str, ...]
    late: tuple[str, ...]
    default_group: frozenset[str]
    am: tuple[str, ...]
    pm: tuple[str, ...]
    months: Mapping[str, int]
    decimal_signs: Mapping[str, str]

    def decimal_sign(self, language: str) -> str:
        """Return the sign before a number's decimals.

        Raises:
            UsageError: the language has no words here.
        """
        if language not in self.decimal_signs:
            known = ", ".join(sorted(self.decimal_signs))
            raise UsageError(
                f"grading.yml: moodle.language: the words of {language!r} are not known; allowed: {known}, or a file "
                "of its words with --words"
            )
        return self.decimal_signs[language]


def load_vocabulary(extra: Path | None = None) -> Vocabulary:
    """Return the bundled vocabulary, with the languages of the file ``extra`` added.

    Raises:
        UsageError: the file cannot be read, or a word has two meanings.
    """
    texts = [("words.toml", files("autograder.moodle.files").joinpath("words.toml").read_text("utf-8"))]
    if extra is not None:
        try:
            texts.append((str(extra), extra.read_text("utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{extra}: cannot read the words: {error}") from error
    languages: dict[str, Mapping[str, object]] = {}
    english: Mapping[str, object] = {}
    for name, text in texts:
        try:
            tables = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UsageError(f"{name}: {error}; allowed: the shape of autograder/moodle/files/words.toml") from error
        if any(not isinstance(table, dict) for table in tables.values()):
            raise UsageError(f"{name}: each language is a table, such as [en]")
        languages |= {f"{code} of {name}" if code in languages else code: table for code, table in tables.items()}
        english = english or tables.get("en", {})
    return _merged(languages, english)


def _merged(languages: Mapping[str, Mapping[str, object]], english: Mapping[str, object]) -> Vocabulary:
    def words(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for table in languages.values() for word in _strings(table, key)))

    columns: dict[str, str] = {}
    for column in COLUMNS:
        for word in words(column):
            if columns.setdefault(word, column) != column:
                raise UsageError(f"words: {word!r} means both {columns[word]} and {column}")
    return Vocabulary(
        columns=columns,
        english_columns=frozenset(word for column in COLUMNS for word in _strings(english, column)),
        statuses={word: status for status in STATUSES for word in words(f"status_{status}")},
        yes=frozenset(words("yes")),
        no=frozenset(words("no")),
        extension=words("extension"),
        late=words("late"),
        default_group=frozenset(words("default_group")),
        am=tuple(word.casefold() for word in words("am")),
        pm=tuple(word.casefold() for word in words("pm")),
        months=_months(languages.values()),
        decimal_signs={code: (*_strings(table, "decimal"), ".")[0] for code, table in languages.items()},
    )


def _strings(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise UsageError(f"words: {key}: expected a list of words, got {values!r}")
    return tuple(values)


def _months(languages: Iterable[Mapping[str, object]]) -> dict[str, int]:
    months: dict[str, int] = {}
    for table in languages:
        names = _strings(table, "months")
        if len(names) not in (0, 12):
            raise UsageError(f"words: months: expected 12, got {len(names)}")
        for number, forms in enumerate(names, start=1):
            for form in forms.casefold().split("|"):
                if months.setdefault(form, number) != number:
                    raise UsageError(f"words: the month {form!r} is both {months[form]} and {number}")
    return months
