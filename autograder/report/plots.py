"""Plots as SVG for inclusion in a page: the same bytes for the same marks, text as text."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, BAR, BAD = "#1d1c1a", "#5f5c57", "#4a6a8a", "#9c2420"
WIDTH_INCHES = 9.6
BINS = 10
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: no outlines of fonts, and a reader can search it
    "font.family": "sans-serif",
    "font.size": 9,
    "text.parse_math": False,  # a name with dollar signs is a name
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}


def marks_plot(points: Sequence[float], out_of: float) -> Markup:
    """How many submissions are in each tenth of the possible points, with the median marked."""
    import numpy as np  # matplotlib is slow to import, so all of plotting waits for the first plot

    counts, edges = np.histogram(points, bins=BINS, range=(0.0, out_of))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        tallest = float(max([*counts, 1]))
        axes.bar(edges[:-1], counts, width=out_of / BINS * 0.92, align="edge", color=BAR)
        for left, count in zip(edges[:-1], counts, strict=True):
            if count:
                axes.text(left + out_of / BINS * 0.46, count, str(count), ha="center", va="bottom", color=INK)
        if points:
            median = float(np.median(points))
            axes.plot([median, median], [1.12 * tallest, 1.3 * tallest], color=INK, linewidth=1)
            label = f"median {median:.4g}"
            _beside(axes, label, median, 1.21 * tallest, on_left=median > 0.8 * out_of)
        axes.set_xlim(0, out_of)
        axes.set_ylim(0, 1.32 * tallest)
        axes.set_xticks(edges)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"points of {out_of:g}")

    return _svg(draw, 2.3, "marks")


def failures_plot(failures: Mapping[str, tuple[int, int]]) -> Markup:
    """For each test how many submissions did not pass it: those that failed it, and those that did not reach it."""
    names = list(failures)[::-1]
    failed = [failures[name][0] for name in names]
    not_reached = [failures[name][1] for name in names]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = range(len(names))
        axes.barh(places, failed, color=BAD, height=0.7, label="did not pass")
        axes.barh(
            places,
            not_reached,
            left=failed,
            color="white",
            edgecolor=SOFT,
            hatch="////",
            height=0.7,
            label="not reached",
        )
        for place, pair in enumerate(zip(failed, not_reached, strict=True)):
            _beside(axes, str(sum(pair)), sum(pair), place)
        axes.set_yticks(list(places), names)
        axes.tick_params(axis="y", length=0)
        axes.set_xticks([])
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlim(0, max([sum(pair) for pair in zip(failed, not_reached, strict=True)] + [1]) * 1.08)
        axes.spines[["bottom", "left"]].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderaxespad=0, borderpad=0.2)

    return _svg(draw, 0.6 + 0.21 * len(names), "failures")


def _beside(axes: Axes, text: str, x: float, y: float, *, on_left: bool = False) -> None:
    """Write beside a point, a little apart from it."""
    side, offset = ("right", -4) if on_left else ("left", 4)
    axes.annotate(
        text,
        (x, y),
        xytext=(offset, 0),
        textcoords="offset points",
        ha=side,
        va="center",
        color=INK,
        annotation_clip=False,
    )


def _svg(draw: Any, height_inches: float, salt: str) -> Markup:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: Any = {**STYLE, "svg.hashsalt": salt}  # matplotlib names every key in a type
    with mpl.rc_context(settings):
        figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        buffer = io.StringIO()
        figure.savefig(
            buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]  # without the XML prologue, which is not allowed inside a page
    svg = re.sub(r'id="(\w+)"', rf'id="{salt}-\1"', svg)
    svg = re.sub(r'(url\(#|href="#)(\w+)', rf"\1{salt}-\2", svg)
    return Markup(svg)  # noqa: S704  # made by matplotlib, which escapes the names of tests
