"""The templates of pages and how values are written in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger.badge import percent_down
from ledger.outcomes import Outcome
from ledger.scoring.fairness import Fairness
from ledger.scoring.score import Grade
from ledger.services.monitoring import Verdict
from ledger.units import FAR_FUTURE, Ppm, Timestamp, show_address, show_hex

STATIC = Path(__file__).parent / "static"

MARKS = {
    # A mark, so that nothing is said by colour alone.
    Outcome.KEPT: "✓",
    Outcome.LATE: "◷",
    Outcome.BROKEN: "✗",
    Outcome.REMEDIED: "↺",
    Outcome.DISPUTED: "⚖",
    Outcome.OPEN: "…",
    Outcome.RELEASED: "–",
    Grade.GREEN: "✓",
    Grade.AMBER: "◷",
    Grade.RED: "✗",
    Grade.GREY: "?",
    Fairness.FAIR: "✓",
    Fairness.UNFAIR: "✗",
    Fairness.UNKNOWN: "?",
    Verdict.HOLDS: "✓",
    Verdict.FALSE: "✗",
    Verdict.UNCHECKED: "?",
}


def text_of(template: str, **values: Any) -> str:
    """What a template gives."""
    return _environment.get_template(template).render(**values)


def moment(time: Timestamp) -> str:
    """A time as people read it, in UTC."""
    if time > FAR_FUTURE:
        return "after the year 9999"
    return f"{datetime.fromtimestamp(time, UTC):%d %b %Y, %H:%M} UTC"


def duration(seconds: int) -> str:
    """A duration in its two largest units."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{value} {unit}" for value, unit in parts if value) if seconds else "0 s"


def shares(parts: Sequence[Ppm]) -> list[str]:
    """Parts of a whole in per cent with one decimal, which sum to 100.0.

    The first is rounded down, as the rate that it repeats; what that leaves goes to the rest by largest remainder.
    """
    tenths = [part // 1000 for part in parts]
    left = sum(parts) // 1000 - sum(tenths)
    for part in sorted(range(1, len(parts)), key=lambda part: parts[part] % 1000, reverse=True)[:left]:
        tenths[part] += 1
    return [percent_down(Ppm(1000 * part)) for part in tenths]


def points(ppm: int) -> str:
    """A signed difference in percentage points with one decimal, rounded to the nearest."""
    tenths = (abs(ppm) + 500) // 1000
    sign = "−" if ppm < 0 and tenths else "+" if tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10}"


def thousandths(value: int) -> str:
    """Thousandths of something as a number with one decimal, rounded down."""
    return f"{value // 1000:,}.{value // 100 % 10}"


def ratio(ppm: Ppm) -> str:
    """A ratio with two decimals, rounded down."""
    return f"{ppm // 1_000_000}.{ppm // 10_000 % 100:02}"


def kind(node: dict[str, Any], named: dict[str, Any]) -> str:
    """What a node of a JSON schema allows, in words; `named` are the schemas that it may refer to."""
    if reference := node.get("$ref"):
        name = reference.rpartition("/")[2]
        return kind(named[name], named) if "enum" in named[name] else name
    if options := node.get("anyOf"):
        return " or ".join(kind(option, named) for option in options)
    if values := node.get("enum"):
        return f"one of {', '.join(values)}"
    if members := node.get("items"):
        return f"array of {kind(members, named)}"
    bounds = [f"{word} {node[name]:,}" for word, name in (("from", "minimum"), ("to", "maximum")) if name in node]
    return " ".join([node["type"], *bounds])


def _environment_of(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "address": show_address,
        "hex": show_hex,
        "moment": moment,
        "duration": duration,
        "percent": percent_down,
        "shares": shares,
        "points": points,
        "kind": kind,
        "mark": MARKS.__getitem__,
        "count": "{:,}".format,
        "thousandths": thousandths,
        "ratio": ratio,
        # Whether an optional field holds something: it is all zeros where it does not.
        "given": any,
    }
    return environment


_environment = _environment_of(Path(__file__).parent / "pages")
