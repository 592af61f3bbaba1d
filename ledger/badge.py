"""The badge: a score in one line of SVG, readable without colour, that never claims more than is assured."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape, unescape

import orjson

from ledger.errors import InvalidBundle, InvalidProof
from ledger.proofs.signed import SignedStatement, read_signed
from ledger.scoring.score import Grade
from ledger.units import Ppm, Timestamp

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
_TITLE = re.compile("<title>([^<]*)</title>")
_METADATA = re.compile(r"<metadata>([^<]*)</metadata>")
_NARROW, _WIDE = frozenset("ijl.,:;|! '·-"), frozenset("mwMW%@≥")


def badge_message(floor: Ppm | None, grade: Grade, as_of: Timestamp) -> str:
    """What the badge says: the assured floor and its date, or that there is too little to say."""
    day = f"{datetime.fromtimestamp(as_of, UTC):%Y-%m-%d}"
    if floor is None:
        return f"{grade} · {day}"
    return f"at least {percent_down(floor)} · {day}"


def render_badge(company: str, said: SignedStatement) -> str:
    """The badge as SVG, with the statement that it shows inside, so that it can be checked.

    `company` is named for those who hear it read.
    """
    floor, grade = said.statement.figures["floor"], Grade(said.statement.figures["grade"])
    message = badge_message(floor, grade, said.statement.as_of)
    left, right = _width(LABEL), _width(message)
    title = escape(f"{company}: {LABEL} {message}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f"<metadata>{escape(orjson.dumps(said.words).decode())}</metadata>"
        f'<clipPath id="c"><rect width="{left + right}" height="{_HEIGHT}" rx="3"/></clipPath>'
        f'<g clip-path="url(#c)"><rect width="{left}" height="{_HEIGHT}" fill="{LABEL_COLOUR}"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{COLOURS[grade]}"/></g>'
        f'<g fill="#fff" font-family="{_FONT}" font-size="11">'
        f"{_text(LABEL, 0, left)}{_text(message, left, right)}</g></svg>\n"
    )


def read_badge(content: bytes) -> tuple[str, SignedStatement]:
    """Whom a badge names, and the statement that it shows: no more and no less. Raises InvalidBundle, InvalidProof."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidBundle("it is not text") from error
    # Not by a reader of XML: it has to be, to the letter, the badge that its own statement gives.
    title, inside = _TITLE.search(text), _METADATA.search(text)
    if title is None or inside is None:
        raise InvalidBundle("it is no badge with a statement inside")
    said = read_signed(unescape(inside[1]).encode())
    name = unescape(title[1].rpartition(f": {LABEL} ")[0])
    try:
        shown = render_badge(name, said)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise InvalidProof("its statement has no floor, grade or time that a badge shows") from error
    if shown != text:
        raise InvalidProof("it shows something else than its statement says")
    return name, said


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
