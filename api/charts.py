"""Pictures of a company's reliability, as SVG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import pygal
from pygal.style import Style

from ledger.scoring.intervals import Interval
from ledger.scoring.score import DayFigure
from ledger.services.companies import CompanyView
from ledger.units import WHOLE, Ppm

STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#3b3b3b",
    foreground_strong="#1a1a1a",
    foreground_subtle="#3b3b3b",
    guide_stroke_color="#dddddd",
    major_guide_stroke_color="#bbbbbb",
    guide_stroke_dasharray="0",
    major_guide_stroke_dasharray="0",
    colors=("#0b5cad", "#8a5a00"),
    font_family="system-ui, sans-serif",
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=13,
    value_font_size=12,
    ci_colors=("#1a1a1a", "#8a5a00"),
    opacity=".85",
)
COMMON: dict[str, Any] = {
    "style": STYLE,
    # The default scripts come from elsewhere, and would be blocked.
    "js": [],
    "range": (0, 100),
    "show_legend": False,
    "explicit_size": True,
    "no_prefix": True,
    "value_formatter": "{:.0f} %".format,
}
QUARTERS = [0, 25, 50, 75, 100]
WIDTH = 760
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
"""What pygal tells its own scripts, which are not there."""

LABEL_WIDTH = 95
"""Pixels that a label below the line takes."""


def by_day(days: Sequence[DayFigure], width: int) -> bytes:
    """The share kept of the promises due on each day, with its interval."""
    chart = pygal.Line(**COMMON, width=width, height=260, dots_size=4, stroke=len(days) > 1, show_minor_x_labels=False)
    chart.y_labels = QUARTERS
    chart.x_labels = [f"{datetime.fromtimestamp(day.day, UTC):%d %b}" for day in days]
    chart.x_labels_major_count = min(width // LABEL_WIDTH, len(days))
    chart.truncate_label = -1
    chart.add("kept", [_point(day.kept) for day in days])
    return bytes(chart.render())


def alone(chart: bytes, name: str) -> str:
    """A chart as a part of a page, for those who hear it by its name."""
    svg = _SCRIPT.sub("", chart.decode().partition("?>")[2].strip())
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(name, quote=True)}" ', 1)


def by_cohort(view: CompanyView, width: int) -> bytes:
    """The share kept of each cohort that may be shown, with its interval."""
    shown = [(cohort.cohort, cohort.kept) for cohort in view.score.fairness.cohorts if cohort.kept]
    chart = pygal.HorizontalBar(**COMMON, width=width, height=60 + 44 * max(1, len(shown)), spacing=12)
    chart.x_labels = [view.cohort_name(cohort) for cohort, _ in reversed(shown)]
    chart.y_labels = QUARTERS
    chart.add("kept", [_point(kept) for _, kept in reversed(shown)])
    return bytes(chart.render())


def _point(interval: Interval) -> dict[str, Any]:
    return {
        "value": _percent(interval.rate),
        "ci": {"low": _percent(interval.low), "high": _percent(interval.high)},
    }


def _percent(share: Ppm) -> float:
    # For drawing alone: no figure is computed from it.
    return 100 * share / WHOLE
