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


_FULFILLED, _CONFIRMED, _DISPUTED, _REMEDY = Status.FULFILLED, Status.CONFIRMED, Status.DISPUTED, Matter.REMEDY
_KEPT, _LATE, _BROKEN = Outcome.KEPT, Outcome.LATE, Outcome.BROKEN
"""Names of their own for what most promises come to: to look a member up takes as long as to change three fields."""


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


Fields = list[Any]
"""A standing while events change it, in place: there are very many, and most promises have three."""

(
    _CUSTOMER,
    _CHANGED_IN,
    _FULFILLED_AT,
    _CONFIRMED_AT,
    _DISPUTED_AT,
    _ANSWERED_AT,
    _SETTLED_AT,
    _COUNTERSIGNED,
    _BY_ARBITER,
    _RATING,
    _STATUS,
    _RELEASED,
    _UNILATERAL,
    _UPHELD,
    _DISMISSED,
    _OWNED,
    _ACCEPTED,
    _LAST_GIVER,
    _RETURNED,
    _DUE_AT,
) = map(
    Standing._fields.index,
    (
        *("customer", "changed_in", "fulfilled_at", "confirmed_at", "disputed_at", "answered_at", "settled_at"),
        *("countersigned", "confirmed_by_arbiter", "rating", "status", "released", "unilateral", "upheld"),
        *("dismissed", "owned", "accepted", "last_giver", "returned", "due_at"),
    ),
)
_INHERITED = tuple(map(Standing._fields.index, ("made_at", "due_at", "service", "cohort", "stakes", "countersigned")))


def begin(event: PromiseEvent) -> Fields:
    """The standing of a promise after its first event. Raises ValueError if it is not that."""
    if not isinstance(event, Made):
        raise _misfit(event, "nothing")
    promise, at = event.promise, event.at
    return [
        event.id,
        event.company,
        promise.customer,
        promise.arbiter,
        promise.service,
        promise.cohort,
        promise.stakes,
        at.time,
        promise.due_at,
        at.block,
        *_NEW,
    ]


def advance(fields: Fields, event: PromiseEvent) -> None:
    """Makes of a promise's standing what its next event makes of it, in place. Raises ValueError.

    The contract has enforced the life cycle, so an event that does not fit is a fault of whoever served the events.
    """
    before, change = _LIFE[type(event)]
    if fields[_STATUS] not in before:
        raise _misfit(event, Standing._make(fields))
    fields[_CHANGED_IN] = event.at.block
    change(fields, event)


def _misfit(event: PromiseEvent, standing: object) -> ValueError:
    return ValueError(f"{type(event).__name__} of 0x{event.id.hex()} does not follow from {standing}")


_NEW = tuple(Standing._field_defaults.values())


def _accepted(fields: Fields, event: Accepted) -> None:
    # Of what has fallen due, a customer knows how it came out: its word must not make that weigh more.
    fields[_COUNTERSIGNED] |= event.at.time < fields[_DUE_AT]
    fields[_UNILATERAL] = False


def _handed_off(fields: Fields, event: HandedOff) -> None:
    # Units may be 0, so the first hand-off is told by None.
    fields[_RETURNED] |= event.taker == fields[_LAST_GIVER]
    fields[_LAST_GIVER] = event.giver


def _amended(fields: Fields, _: Amended) -> None:
    fields[_STATUS], fields[_RELEASED] = Status.SUPERSEDED, True


def _withdrawn(fields: Fields, event: Withdrawn) -> None:
    fields[_STATUS] = Status.WITHDRAWN
    fields[_RELEASED], fields[_UNILATERAL] = event.consented, not event.consented


def _fulfilled(fields: Fields, event: Fulfilled) -> None:
    fields[_STATUS], fields[_FULFILLED_AT] = _FULFILLED, event.at.time


def _confirmed(fields: Fields, event: Confirmed) -> None:
    # A company that is its own customer witnesses nothing.
    witnessed, by_arbiter = event.actor != signer_hash(event.company), event.by_arbiter
    if fields[_STATUS] is _DISPUTED:
        fields[_SETTLED_AT] = event.at.time
    fields[_STATUS], fields[_CONFIRMED_AT] = _CONFIRMED, event.at.time if witnessed else None
    fields[_BY_ARBITER], fields[_RATING] = by_arbiter, event.rating
    fields[_ACCEPTED] = event.matter is _REMEDY and witnessed and (not by_arbiter or fields[_CUSTOMER] == ZERO_DIGEST)


def _disputed(fields: Fields, event: Disputed) -> None:
    fields[_STATUS], fields[_DISPUTED_AT] = Status.DISPUTED, event.at.time
    fields[_ANSWERED_AT] = fields[_SETTLED_AT] = None
    # Only an arbiter's confirmation can be followed by a dispute, and it falls with it.
    fields[_CONFIRMED_AT], fields[_BY_ARBITER], fields[_RATING] = None, False, 0


def _answered(fields: Fields, event: Answered) -> None:
    fields[_ANSWERED_AT] = event.at.time


def _ruled(fields: Fields, event: Ruled) -> None:
    fields[_SETTLED_AT] = event.at.time
    fields[_STATUS] = Status.UPHELD if event.upheld else Status.DISMISSED
    fields[_UPHELD if event.upheld else _DISMISSED] = True


def _remedied(fields: Fields, event: Remedied) -> None:
    if fields[_STATUS] is Status.DISPUTED:
        fields[_ANSWERED_AT] = fields[_ANSWERED_AT] or event.at.time
    else:
        fields[_OWNED] = fields[_STATUS] is Status.OPEN
        fields[_STATUS] = Status.REMEDIED


_FROM_OPEN = (Status.OPEN,)
_LIFE: dict[type[PromiseEvent], tuple[tuple[Status, ...], Callable[[Fields, Any], None]]] = {
    Made: ((), lambda _, __: None),
    Accepted: (_FROM_OPEN, _accepted),
    HandedOff: (_FROM_OPEN, _handed_off),
    Amended: (_FROM_OPEN, _amended),
    Withdrawn: (_FROM_OPEN, _withdrawn),
    Fulfilled: (_FROM_OPEN, _fulfilled),
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
    Answered: ((Status.DISPUTED,), _answered),
    Ruled: ((Status.DISPUTED,), _ruled),
    Remedied: ((Status.OPEN, Status.DISPUTED, Status.UPHELD), _remedied),
}
"""Where a promise may stand before each event (not sets: members of enumerations are slow to hash), and what the event
changes.
"""


def succeed(fields: Fields, before: Fields, consented: bool) -> None:
    """Makes of a promise that was just made one in the place of `before`.

    Unless the customer agreed, it is judged by what was promised first, and weighs what that did.
    """
    if consented:
        # The customer's consent names the new promise too.
        fields[_COUNTERSIGNED] = True
        return
    for place in _INHERITED:
        fields[place] = before[place]
    fields[_UNILATERAL] = True


def outcome(standing: Standing, as_of: Timestamp) -> Outcome:
    """What had become of a promise by `as_of`, a time not before its last event."""
    released, due_at, status, accepted = standing.released, standing.due_at, standing.status, standing.accepted
    return outcome_of(released, due_at, as_of, status, accepted, standing.fulfilled_at, standing.upheld)


def outcome_of(
    released: bool,
    due_at: Timestamp,
    as_of: Timestamp,
    status: Status,
    accepted: bool,
    fulfilled_at: Timestamp | None,
    upheld: bool,
) -> Outcome:
    """The same, of what it depends on: fields of a standing."""
    if released:
        return Outcome.RELEASED
    if due_at > as_of:
        return Outcome.OPEN
    if status is _DISPUTED:
        return Outcome.DISPUTED
    if accepted:
        return Outcome.REMEDIED
    if fulfilled_at is None or upheld:
        return _BROKEN
    return _KEPT if fulfilled_at <= due_at else _LATE


def lateness(standing: Standing) -> int | None:
    """Seconds by which a promise was fulfilled after its due time, 0 if in time; None if not fulfilled."""
    return None if standing.fulfilled_at is None else max(0, standing.fulfilled_at - standing.due_at)
