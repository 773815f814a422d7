"""The table of ``autograder moodle doctor``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import click

from autograder.hostiletext import short_line
from autograder.moodle.web.doctor import Finding, Health


def show_findings(findings: Iterable[Finding]) -> bool:
    """Print each finding as it is made, its remedy below it, and a total; return whether something will not work."""
    counts: Counter[Health] = Counter()
    for one in findings:
        counts[one.health] += 1
        click.echo(f"{one.health:5}  {one.what:16}  {short_line(one.found, 400)}")
        if one.remedy:
            click.echo(f"{'':25}→ {one.remedy}")
    click.echo(", ".join(f"{counts[health]} {health}" for health in Health))
    return bool(counts[Health.FAULT])
