"""From events to what became of each promise.

A promise counts when it matures, at its due time, and never earlier: counting early successes at once would flatter
a company with many promises still open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ledger.events import Confirmed, Fulfilled, Made, PromiseEvent
from ledger.units import Address, PromiseId, Timestamp


class Outcome(StrEnum):
    """What became of a promise, by the due time alone; the policy decides what a late one is worth."""

    OPEN = "open"
    """Not yet due: counts for nothing."""
    KEPT = "kept"
    """Fulfilled by its due time."""
    LATE = "late"
    """Fulfilled after its due time."""
    BROKEN = "broken"
    """Due, and not fulfilled."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that scores need to know of a promise. Times are None for what has not happened."""

    id: PromiseId
    company: Address
    service: bytes
    cohort: int
    made_at: Timestamp
    due_at: Timestamp
    fulfilled_at: Timestamp | None = None
    confirmed_at: Timestamp | None = None
    confirmed_by_arbiter: bool = False
    rating: int = 0


def advance(standing: Standing | None, event: PromiseEvent) -> Standing:
    """What the next event of a promise makes of its standing; None is a promise that was not made yet.

    The contract has enforced the life cycle, so an event that does not fit is a fault of whoever served the events.
    """
    match event, standing:
        case Made(), None:
            promise = event.promise
            return Standing(event.id, event.company, promise.service, promise.cohort, event.at.time, promise.due_at)
        case Fulfilled(), Standing(fulfilled_at=None):
            return replace(standing, fulfilled_at=event.at.time)
        case Confirmed(), Standing(fulfilled_at=int(), confirmed_at=None):
            return replace(
                standing,
                confirmed_at=event.at.time,
                confirmed_by_arbiter=event.by_arbiter,
                rating=event.rating,
            )
        case _:
            raise ValueError(f"{type(event).__name__} of 0x{event.id.hex()} does not follow from {standing}")


def outcome(standing: Standing, as_of: Timestamp) -> Outcome:
    """What had become of a promise by the time `as_of`."""
    if standing.due_at > as_of:
        return Outcome.OPEN
    if standing.fulfilled_at is None or standing.fulfilled_at > as_of:
        return Outcome.BROKEN
    return Outcome.KEPT if standing.fulfilled_at <= standing.due_at else Outcome.LATE


def lateness(standing: Standing, as_of: Timestamp) -> int | None:
    """Seconds by which a promise was fulfilled after its due time, 0 if in time; None if not fulfilled by `as_of`."""
    if standing.fulfilled_at is None or standing.fulfilled_at > as_of:
        return None
    return max(0, standing.fulfilled_at - standing.due_at)
