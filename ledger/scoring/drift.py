"""Whether failures lately come faster than a company's history lets one expect.

Burn rates over several windows, as for error budgets (Beyer et al., The Site Reliability Workbook, 2018, ch. 5). The
budget is what was not assured before the window: one less the Wilson floor of the credit earned until then. An alarm
rings when the credit lost in the window is beyond a multiple of it even at its least.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.scoring.intervals import wilson
from ledger.scoring.policy import POINT, Alarm, Policy
from ledger.scoring.rows import DAY, DAY_S, Counts, Key, Row, Rows, recent_counts
from ledger.units import WHOLE, Ppm, Timestamp


@dataclass(frozen=True, slots=True)
class Burn:
    """Failures in the last days against those before."""

    days: int
    matured: int
    lost: Ppm
    """Share of the credit that was lost in these days at the least, as proven: rounded down."""
    budget: Ppm
    """Share of it that might have been lost by all that was known before: rounded up."""
    threshold: Ppm
    """From which share on the alarm rings."""
    rings: bool


def burns(rows: Rows, as_of: Timestamp, policy: Policy) -> tuple[Burn, ...]:
    """Every window of the policy that holds a matured promise."""
    counts = recent_counts(rows, as_of, policy)
    whole = counts.matured, counts.credit
    days = rows.between(*recent_days(as_of, policy))
    found = []
    for alarm in policy.alarms:
        since = _key(as_of // DAY_S - alarm.days + 1)
        window = _credited([row for key, row in days.items() if key >= since])
        if window[0]:
            found.append(_burn(alarm, window, whole, policy))
    return tuple(found)


def _credited(rows: Iterable[Row]) -> tuple[int, int]:
    """How many promises matured, and what they earned."""
    matured = credit = 0
    for row in rows:
        matured += row[_MATURED]
        credit += row[_CREDIT]
    return matured, credit


_MATURED, _CREDIT = map(Counts._fields.index, ("matured", "credit"))


def recent_days(as_of: Timestamp, policy: Policy) -> tuple[Key, Key]:
    """The keys of the first and the last day of the longest window."""
    today = as_of // DAY_S
    longest = max((alarm.days for alarm in policy.alarms), default=1)
    return _key(today - longest + 1), _key(today)


def _key(day: int) -> Key:
    return DAY + max(0, day).to_bytes(4, "big")


def _burn(alarm: Alarm, window: tuple[int, int], whole: tuple[int, int], policy: Policy) -> Burn:
    # The window may begin before the oldest period that is looked at, where nothing was known.
    matured, credit = (max(0, all_of - lately) for all_of, lately in zip(whole, window, strict=True))
    assured, _ = wilson(min(credit, matured * POINT), matured * POINT, POINT, policy.z_squared, WHOLE)
    budget = WHOLE - assured
    recent, earned = window
    lost = recent * POINT - earned
    proven, _ = wilson(lost, recent * POINT, POINT, policy.z_squared, WHOLE)
    (burn, by), (reach, of) = alarm.burn, policy.alarm_reach
    threshold = Ppm(min(budget * burn // by, budget + (WHOLE - budget) * reach // of))
    rings = lost >= policy.alarm_failures * POINT and proven > threshold
    return Burn(alarm.days, recent, Ppm(proven), Ppm(budget), threshold, rings)
