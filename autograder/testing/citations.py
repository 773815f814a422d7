"""Whether what a report cites is in its list of references, and the other way round.

Three forms are known: [3], [1, 4], [2–5] with a numbered list; (He et al., 2016), He and Zhang (2016), (He, 2016) with
a list of names and years; and what LaTeX leaves of a citation or reference that it does not know: [?] and ??.
"""

from __future__ import annotations

import re

LIST_TITLES = ("references", "bibliography", "sources", "literature", "works cited")
TITLE = re.compile(rf"(?im)^[#\s]*(?:[0-9IVX]{{1,3}}\.?\s+)?(?:{'|'.join(LIST_TITLES)})\s*:?\s*$")
NUMBERS = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3}){0,20})\](?!\()")
ENTRY = re.compile(r"(?m)^\s*(?:[-*]\s+)?(?:\[(\d{1,3})\]|(\d{1,3})[.)])\s")
YEAR = r"(?:19|20)\d\d[a-z]?"
NAME = r"[^\W\d_a-z][\w’'-]{1,30}"
CITED = re.compile(
    rf"\b({NAME})(?:\s+et\s+al\.|\s*,\s*{NAME}(?:\s*(?:,|&|and)\s*{NAME}){{1,4}}|\s*(?:&|\band\b)\s*{NAME}),?\s*\(?({YEAR})\b"
    rf"|\(({NAME}),\s*({YEAR})\)"
)
LEFT_BY_LATEX = re.compile(r"\[\?(?:\s*,\s*\?)*\]|(?<![?!\w])\?\?(?![?!\w])")
MOST_SENTENCES = 20
LARGEST_RANGE = 100
BEYOND = 5  # a number in brackets that is larger than the last entry by more than this is no citation


def unresolved(text: str) -> tuple[str, ...]:
    """A sentence for each citation without an entry, each entry without a citation; at most 20."""
    titles = list(TITLE.finditer(text))
    body, entries = (text[: titles[-1].start()], text[titles[-1].end() :]) if titles else (text, "")
    entries = re.split(r"(?m)^## ", entries)[0]  # what follows the list in Markdown is no entry
    found = []
    if left := len(LEFT_BY_LATEX.findall(text)):
        times = "once" if left == 1 else f"{left} times"
        found.append(f"a reference is not resolved: ? or ?? in its place, {times}")
    return tuple([*found, *_numbers(body, entries), *_names(body, entries)][:MOST_SENTENCES])


def _numbers(body: str, entries: str) -> list[str]:
    if not entries.strip():
        return ["[1] is cited, and there is no list of references"] if re.search(r"\[1\](?!\()", body) else []
    listed = _first_ones({int(one or other) for one, other in ENTRY.findall(entries)})
    cited: set[int] = set()
    for match in NUMBERS.finditer(body):
        cited |= _numbers_in(match[1])
    if not cited & listed:
        return []  # the list goes by names, or brackets hold other numbers, such as intervals
    without = sorted(number for number in cited - listed if 0 < number <= max(listed) + BEYOND)
    return [f"[{number}] is cited and not in the list of references" for number in without] + [
        f"[{number}] is in the list of references and never cited" for number in sorted(listed - cited)
    ]


def _first_ones(numbers: set[int]) -> set[int]:
    """1, 2, 3 and so on as far as all are there: a line of an entry may begin with a number, too."""
    count = 0
    while count + 1 in numbers:
        count += 1
    return set(range(1, count + 1))


def _numbers_in(text: str) -> set[int]:
    found: set[int] = set()
    for part in re.split(r"\s*[,;]\s*", text):
        low, dash, high = re.sub(r"\s", "", part).replace("–", "-").partition("-")
        if not dash:
            found.add(int(low))
        elif int(low) <= int(high) <= int(low) + LARGEST_RANGE:
            found |= set(range(int(low), int(high) + 1))
    return found


def _names(body: str, entries: str) -> list[str]:
    cited = {(match[1] or match[3], match[2] or match[4]): None for match in CITED.finditer(body)}
    if not entries.strip():
        return [f"{name} {year} is cited, and there is no list of references" for name, year in list(cited)[:1]]
    flat = " ".join(entries.split())
    return [
        f"{name} {year} is cited and not in the list of references"
        for name, year in cited
        if name not in flat or year not in flat
    ]
