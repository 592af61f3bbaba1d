"""The badge: a score in one line of SVG, readable without colour, that never claims more than is assured."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from ledger.scoring.score import Grade, Score
from ledger.units import Ppm

COLOURS = {
    # White text on each has a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
    Grade.GREEN: "#1b7a2f",
    Grade.AMBER: "#8a5a00",
    Grade.RED: "#b3261e",
    Grade.GREY: "#5c5c5c",
}
LABEL = "reliability"
LABEL_COLOUR = "#3b3b3b"

_HEIGHT = 20
_PADDING = 8
_FONT = "Verdana,DejaVu Sans,Geneva,sans-serif"
_NARROW, _WIDE = frozenset("ijl.,:;|! '·-"), frozenset("mwMW%@≥")


def badge_message(score: Score) -> str:
    """What the badge says: the assured floor and its date, or that there is too little to say."""
    day = f"{datetime.fromtimestamp(score.as_of, UTC):%Y-%m-%d}"
    if score.floor is None:
        return f"{score.grade} · {day}"
    return f"at least {percent_down(score.floor)} · {day}"


def render_badge(company: str, score: Score) -> str:
    """The badge as SVG. `company` is named for those who hear it read."""
    message = badge_message(score)
    left, right = _width(LABEL), _width(message)
    title = escape(f"{company}: {LABEL} {message}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<clipPath id="c"><rect width="{left + right}" height="{_HEIGHT}" rx="3"/></clipPath>'
        f'<g clip-path="url(#c)"><rect width="{left}" height="{_HEIGHT}" fill="{LABEL_COLOUR}"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{COLOURS[score.grade]}"/></g>'
        f'<g fill="#fff" font-family="{_FONT}" font-size="11">'
        f"{_text(LABEL, 0, left)}{_text(message, left, right)}</g></svg>\n"
    )


def percent_down(share: Ppm) -> str:
    """A share in per cent with one decimal, rounded down: never more than is assured."""
    return f"{share // 10_000}.{share // 1000 % 10} %"


def _text(content: str, start: int, width: int) -> str:
    # With its length said, the text fits whatever font there is.
    inner = width - 2 * _PADDING
    return f'<text x="{start + _PADDING}" y="14" textLength="{inner}">{escape(content)}</text>'


def _width(content: str) -> int:
    tenths = sum(40 if char in _NARROW else 100 if char in _WIDE else 70 for char in content)
    return tenths // 10 + 2 * _PADDING
