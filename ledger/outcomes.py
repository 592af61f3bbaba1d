"""From events to what became of each promise.

A promise counts when it matures, at its due time, and never earlier: counting early successes at once would flatter
a company with many promises still open.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

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
from ledger.units import ZERO_DIGEST, Address, BlockNumber, Digest, PromiseId, Timestamp


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
    """What became of a promise, as the log has it; what each is worth, the policy decides."""

    OPEN = "open"
    """Not yet due: counts for nothing."""
    KEPT = "kept"
    """Fulfilled by its due time."""
    LATE = "late"
    """Fulfilled after its due time."""
    BROKEN = "broken"
    """Due and not fulfilled, withdrawn by the company alone, or found broken by the arbiter."""
    REMEDIED = "remedied"
    """Broken, and made good: whom it was promised to took the remedy."""
    DISPUTED = "disputed"
    """Due, and under a dispute that nobody has decided."""
    RELEASED = "released"
    """Withdrawn with the customer's consent, or replaced by a promise that counts in its place: counts for nothing."""


class Standing(NamedTuple):
    """All that scores need to know of a promise: a tuple, since there are many. Times are None for what has not
    happened.
    """

    id: PromiseId
    company: Address
    customer: Digest
    """As the promise names it; zero for a promise to the public."""
    arbiter: Address
    service: bytes
    cohort: int
    stakes: int
    made_at: Timestamp
    due_at: Timestamp
    """By when it counts as kept: where the company alone moved the time, the first one."""
    changed_in: BlockNumber
    """The block of its last event."""
    fulfilled_at: Timestamp | None = None
    confirmed_at: Timestamp | None = None
    disputed_at: Timestamp | None = None
    """Of the last dispute, as is the next."""
    answered_at: Timestamp | None = None
    """When the company answered, or gave a remedy."""
    settled_at: Timestamp | None = None
    """When the arbiter ruled on it, or the customer confirmed after all."""
    countersigned: bool = False
    """Whether the customer accepted the promise, or the one that it took the place of, before it was kept or due."""
    confirmed_by_arbiter: bool = False
    rating: int = 0
    status: Status = Status.OPEN
    released: bool = False
    """Whether the customer let the company off, or another promise counts in its place."""
    unilateral: bool = False
    """Whether the company alone withdrew it, or put it in the place of another, and the customer never accepted."""
    upheld: bool = False
    """Whether an arbiter found it broken."""
    dismissed: bool = False
    """Whether an arbiter found a dispute of it unfounded."""
    owned: bool = False
    """Whether the company gave a remedy before anybody disputed."""
    accepted: bool = False
    """Whether whom it was promised to took a remedy."""
    last_giver: int | None = None
    """The unit that handed it off last."""
    returned: bool = False
    """Whether a unit got it back from the very unit that it had handed it to."""


_PLACES = {name: place for place, name in enumerate(Standing._fields)}
_CHANGED_IN = _PLACES["changed_in"]


def advance(standing: Standing | None, event: PromiseEvent) -> Standing:
    """What the next event of a promise makes of its standing; None is a promise that was not made yet.

    The contract has enforced the life cycle, so an event that does not fit is a fault of whoever served the events.
    """
    if standing is None:
        if isinstance(event, Made):
            return _made(event)
    else:
        before, changes = _LIFE[type(event)]
        if standing.status in before:
            fields = list(standing)
            fields[_CHANGED_IN] = event.at.block
            for name, value in changes(standing, event).items():
                fields[_PLACES[name]] = value
            # Twice as fast as `_replace`, and this is done for every event of the log.
            return Standing._make(fields)
    raise ValueError(f"{type(event).__name__} of 0x{event.id.hex()} does not follow from {standing}")


def _made(event: Made) -> Standing:
    promise = event.promise
    return Standing(
        id=event.id,
        company=event.company,
        customer=promise.customer,
        arbiter=promise.arbiter,
        service=promise.service,
        cohort=promise.cohort,
        stakes=promise.stakes,
        made_at=event.at.time,
        due_at=promise.due_at,
        changed_in=event.at.block,
    )


Changes = dict[str, Any]
"""The fields of a standing that an event changes, beside its block."""


def _accepted(standing: Standing, event: Accepted) -> Changes:
    # Of what has fallen due, a customer knows how it came out: its word must not make that weigh more.
    in_time = event.at.time < standing.due_at
    return {"countersigned": standing.countersigned or in_time, "unilateral": False}


def _handed_off(standing: Standing, event: HandedOff) -> Changes:
    # Units may be 0, so the first hand-off is told by None.
    return {"last_giver": event.giver, "returned": standing.returned or event.taker == standing.last_giver}


def _confirmed(standing: Standing, event: Confirmed) -> Changes:
    # A company that is its own customer witnesses nothing.
    witnessed = event.actor != signer_hash(event.company)
    counterparty = not event.by_arbiter or standing.customer == ZERO_DIGEST
    settled: Changes = {"settled_at": event.at.time} if standing.status is Status.DISPUTED else {}
    return settled | {
        "status": Status.CONFIRMED,
        "confirmed_at": event.at.time if witnessed else None,
        "confirmed_by_arbiter": event.by_arbiter,
        "rating": event.rating,
        "accepted": event.matter is Matter.REMEDY and counterparty and witnessed,
    }


def _disputed(_: Standing, event: Disputed) -> Changes:
    # Only an arbiter's confirmation can be followed by a dispute, and it falls with it.
    confirmation: Changes = {"confirmed_at": None, "confirmed_by_arbiter": False, "rating": 0}
    unsettled: Changes = {"answered_at": None, "settled_at": None}
    return {"status": Status.DISPUTED, "disputed_at": event.at.time, **unsettled} | confirmation


def _ruled(_: Standing, event: Ruled) -> Changes:
    found: Changes = {"status": Status.UPHELD, "upheld": True}
    return {"settled_at": event.at.time} | (found if event.upheld else {"status": Status.DISMISSED, "dismissed": True})


def _remedied(standing: Standing, event: Remedied) -> Changes:
    if standing.status is Status.DISPUTED:
        return {"answered_at": standing.answered_at or event.at.time}
    return {"status": Status.REMEDIED, "owned": standing.status is Status.OPEN}


_LIFE: dict[type[PromiseEvent], tuple[tuple[Status, ...], Callable[[Standing, Any], Changes]]] = {
    Made: ((), lambda _, __: {}),
    Accepted: ((Status.OPEN,), _accepted),
    HandedOff: ((Status.OPEN,), _handed_off),
    Amended: ((Status.OPEN,), lambda _, __: {"status": Status.SUPERSEDED, "released": True}),
    Withdrawn: (
        (Status.OPEN,),
        lambda _, event: {
            "status": Status.WITHDRAWN,
            "released": event.consented,
            "unilateral": not event.consented,
        },
    ),
    Fulfilled: ((Status.OPEN,), lambda _, event: {"status": Status.FULFILLED, "fulfilled_at": event.at.time}),
    Confirmed: (
        (
            Status.FULFILLED,
            Status.REMEDIED,
            Status.DISPUTED,
            Status.UPHELD,
            Status.DISMISSED,
            Status.CONFIRMED,
        ),
        _confirmed,
    ),
    Disputed: ((Status.OPEN, Status.FULFILLED, Status.REMEDIED, Status.CONFIRMED), _disputed),
    Answered: ((Status.DISPUTED,), lambda _, event: {"answered_at": event.at.time}),
    Ruled: ((Status.DISPUTED,), _ruled),
    Remedied: ((Status.OPEN, Status.DISPUTED, Status.UPHELD), _remedied),
}
"""Where a promise may stand before each event, and what the event changes."""


def succeed(standing: Standing, before: Standing, consented: bool) -> Standing:
    """The standing of a promise that was just made in the place of `before`.

    Unless the customer agreed, it is judged by what was promised first, and weighs what that did.
    """
    if consented:
        # The customer's consent names the new promise too.
        return standing._replace(countersigned=True)
    first = ("made_at", "due_at", "service", "cohort", "stakes", "countersigned")
    return standing._replace(**{name: getattr(before, name) for name in first}, unilateral=True)


def outcome(standing: Standing, as_of: Timestamp) -> Outcome:
    """What had become of a promise by `as_of`, a time not before its last event."""
    if standing.released:
        return Outcome.RELEASED
    if standing.due_at > as_of:
        return Outcome.OPEN
    if standing.status is Status.DISPUTED:
        return Outcome.DISPUTED
    if standing.accepted:
        return Outcome.REMEDIED
    if standing.upheld or standing.fulfilled_at is None:
        return Outcome.BROKEN
    return Outcome.KEPT if standing.fulfilled_at <= standing.due_at else Outcome.LATE


def lateness(standing: Standing) -> int | None:
    """Seconds by which a promise was fulfilled after its due time, 0 if in time; None if not fulfilled."""
    return None if standing.fulfilled_at is None else max(0, standing.fulfilled_at - standing.due_at)
