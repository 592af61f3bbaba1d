"""Whether failures lately come faster than a company's history lets one expect.

Burn rates over several windows, as for error budgets (Beyer et al., The Site Reliability Workbook, 2018, ch. 5). The
budget is what was not assured before the window: one less the Wilson floor of the credit earned until then. An alarm
rings when the credit lost in the window is beyond a multiple of it even at its least.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.scoring.intervals import wilson
from ledger.scoring.policy import POINT, Alarm, Policy
from ledger.scoring.rows import DAY, DAY_S, NUMBER_ENDS, Counts, Key, Rows
from ledger.units import WHOLE, Ppm, Timestamp


class Burn(NamedTuple):
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


def burns(rows: Rows, whole: Counts, as_of: Timestamp, policy: Policy) -> tuple[Burn, ...]:
    """Every window of the policy that holds a matured promise; `whole` is of all recent periods."""
    _, today = recent_days(as_of, policy)
    found = []
    for alarm in policy.alarms:
        since = _key(as_of // DAY_S - alarm.days + 1)
        if window := rows.sums([(since, today)], NUMBER_ENDS):
            found.append(_burn(alarm, Counts(*window[b""]), whole, policy))
    return tuple(found)


def recent_days(as_of: Timestamp, policy: Policy) -> tuple[Key, Key]:
    """The keys of the first and the last day of the longest window."""
    today = as_of // DAY_S
    longest = max((alarm.days for alarm in policy.alarms), default=1)
    return _key(today - longest + 1), _key(today)


def _key(day: int) -> Key:
    return DAY + max(0, day).to_bytes(4, "big")


def _burn(alarm: Alarm, window: Counts, whole: Counts, policy: Policy) -> Burn:
    # The window may begin before the oldest period that is looked at, where nothing was known.
    matured, credit = max(0, whole.matured - window.matured), max(0, whole.credit - window.credit)
    assured, _ = wilson(min(credit, matured * POINT), matured * POINT, POINT, policy.z_squared, WHOLE)
    budget = WHOLE - assured
    recent = window.matured
    lost = recent * POINT - window.credit
    proven, _ = wilson(lost, recent * POINT, POINT, policy.z_squared, WHOLE)
    (burn, by), (reach, of) = alarm.burn, policy.alarm_reach
    threshold = Ppm(min(budget * burn // by, budget + (WHOLE - budget) * reach // of))
    rings = lost >= policy.alarm_failures * POINT and proven > threshold
    return Burn(alarm.days, recent, Ppm(proven), Ppm(budget), threshold, rings)
