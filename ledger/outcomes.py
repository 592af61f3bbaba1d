"""From events to what became of each promise.

A promise counts when it matures, at its due time, and never earlier: counting early successes at once would flatter
a company with many promises still open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any

from ledger.events import (
    Accepted,
    Amended,
    Answered,
    Confirmed,
    Disputed,
    Fulfilled,
    HandedOff,
    Made,
    Matter,
    PromiseEvent,
    Remedied,
    Ruled,
    Withdrawn,
)
from ledger.promises import signer_hash
from ledger.units import Address, BlockNumber, PromiseId, Timestamp


class Status(IntEnum):
    """Where a promise stands in its life: the contract's `Status`."""

    NONE = 0
    OPEN = 1
    SUPERSEDED = 2
    WITHDRAWN = 3
    FULFILLED = 4
    REMEDIED = 5
    DISPUTED = 6
    UPHELD = 7
    DISMISSED = 8
    CONFIRMED = 9


class Outcome(StrEnum):
    """What became of a promise, by the due time alone; the policy decides what a late one is worth."""

    OPEN = "open"
    """Not yet due: counts for nothing."""
    KEPT = "kept"
    """Fulfilled by its due time."""
    LATE = "late"
    """Fulfilled after its due time."""
    BROKEN = "broken"
    """Due and not fulfilled, withdrawn by the company alone, or under a dispute that is open or was upheld."""
    RELEASED = "released"
    """Withdrawn with the customer's consent, or replaced by a promise that counts in its place: counts for nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that scores need to know of a promise. Times are None for what has not happened."""

    id: PromiseId
    company: Address
    service: bytes
    cohort: int
    made_at: Timestamp
    due_at: Timestamp
    """By when it counts as kept: where the company alone moved the time, the first one."""
    changed_in: BlockNumber
    """The block of its last event."""
    fulfilled_at: Timestamp | None = None
    confirmed_at: Timestamp | None = None
    confirmed_by_arbiter: bool = False
    rating: int = 0
    status: Status = Status.OPEN
    released: bool = False
    """Whether the customer let the company off, or another promise counts in its place."""
    failed: bool = False
    """Whether a dispute was upheld, or the customer took a remedy for it."""


_BEFORE: dict[type[PromiseEvent], frozenset[Status]] = {
    Accepted: frozenset({Status.OPEN}),
    HandedOff: frozenset({Status.OPEN}),
    Amended: frozenset({Status.OPEN}),
    Withdrawn: frozenset({Status.OPEN}),
    Fulfilled: frozenset({Status.OPEN}),
    Confirmed: frozenset(
        {
            Status.FULFILLED,
            Status.REMEDIED,
            Status.DISPUTED,
            Status.UPHELD,
            Status.DISMISSED,
            Status.CONFIRMED,
        }
    ),
    Disputed: frozenset({Status.OPEN, Status.FULFILLED, Status.REMEDIED, Status.CONFIRMED}),
    Answered: frozenset({Status.DISPUTED}),
    Ruled: frozenset({Status.DISPUTED}),
    Remedied: frozenset({Status.OPEN, Status.DISPUTED, Status.UPHELD}),
}
"""Where a promise may stand before each event."""


def advance(standing: Standing | None, event: PromiseEvent) -> Standing:
    """What the next event of a promise makes of its standing; None is a promise that was not made yet.

    The contract has enforced the life cycle, so an event that does not fit is a fault of whoever served the events.
    """
    if isinstance(event, Made) and standing is None:
        promise = event.promise
        return Standing(
            event.id, event.company, promise.service, promise.cohort, event.at.time, promise.due_at, event.at.block
        )
    if standing is None or standing.status not in _BEFORE.get(type(event), ()):
        raise ValueError(f"{type(event).__name__} of 0x{event.id.hex()} does not follow from {standing}")
    return replace(standing, changed_in=event.at.block, **_changes(standing, event))


def _changes(standing: Standing, event: PromiseEvent) -> dict[str, Any]:
    """What an event changes in a standing, beside its block."""
    match event:
        case Fulfilled():
            return {"status": Status.FULFILLED, "fulfilled_at": event.at.time}
        case Amended():
            return {"status": Status.SUPERSEDED, "released": True}
        case Withdrawn():
            return {"status": Status.WITHDRAWN, "released": event.consented}
        case Confirmed():
            # A company that is its own customer witnesses nothing.
            witnessed = event.actor != signer_hash(event.company)
            return {
                "status": Status.CONFIRMED,
                "confirmed_at": event.at.time if witnessed else None,
                "confirmed_by_arbiter": event.by_arbiter,
                "rating": event.rating,
                "failed": standing.failed or event.matter is Matter.REMEDY,
            }
        case Disputed():
            # Only an arbiter's confirmation can be followed by a dispute, and it falls with it.
            return {"status": Status.DISPUTED, "confirmed_at": None, "confirmed_by_arbiter": False, "rating": 0}
        case Ruled():
            status = Status.UPHELD if event.upheld else Status.DISMISSED
            return {"status": status, "failed": standing.failed or event.upheld}
        case Remedied() if standing.status is not Status.DISPUTED:
            return {"status": Status.REMEDIED}
        case _:
            return {}


def succeed(standing: Standing, before: Standing, consented: bool) -> Standing:
    """The standing of a promise that was just made in the place of `before`.

    Unless the customer agreed, it is judged by what was promised first.
    """
    return standing if consented else replace(standing, made_at=before.made_at, due_at=before.due_at)


def outcome(standing: Standing, as_of: Timestamp) -> Outcome:
    """What had become of a promise by the time `as_of`."""
    if standing.released:
        return Outcome.RELEASED
    if standing.due_at > as_of:
        return Outcome.OPEN
    if standing.failed or standing.status is Status.DISPUTED:
        return Outcome.BROKEN
    if standing.fulfilled_at is None or standing.fulfilled_at > as_of:
        return Outcome.BROKEN
    return Outcome.KEPT if standing.fulfilled_at <= standing.due_at else Outcome.LATE


def lateness(standing: Standing, as_of: Timestamp) -> int | None:
    """Seconds by which a promise was fulfilled after its due time, 0 if in time; None if not fulfilled by `as_of`."""
    if standing.fulfilled_at is None or standing.fulfilled_at > as_of:
        return None
    return max(0, standing.fulfilled_at - standing.due_at)
