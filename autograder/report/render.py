"""Templates to HTML: everything that is put in is escaped and made visible, in this one place."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.hostiletext import visible


def render(template: str, **values: Any) -> str:
    """The template with values put in; only :class:`markupsafe.Markup` goes in as it is."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    """The one environment: a template is compiled once, not once for each student."""
    environment = Environment(
        loader=PackageLoader("autograder.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        auto_reload=False,  # the files of the kit do not change while it runs
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number=number, moment=moment, clip=clip)
    return environment


def _finalize(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def number(value: float) -> str:
    """Points without needless decimals, with a true minus sign."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def moment(value: datetime, time_zone: str) -> str:
    """A date and time by the module's clock.

    Args:
        value: with a zone of its own.
        time_zone: the module's, an IANA name.
    """
    local = value.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y, %H:%M} {local.tzname()}"


def clip(text: str, characters: int) -> str:
    """At most so many characters; the rest is counted."""
    return visible(text, limit=characters)
