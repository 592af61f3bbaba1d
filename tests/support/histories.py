"""Promises in all the ways that they can come out, for properties that hold for any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ledger.events import Matter, PromiseEvent
from ledger.lives import lives_of
from ledger.outcomes import Standing, Status
from ledger.promises import Promise, promise_id
from ledger.units import ZERO_DIGEST, Address, PromiseId, Timestamp
from scripts.score_vectors import COMPANY, Story
from tests.support.build import ARBITER, DAY, NOON, a_customer, a_standing

SERVICES = ("delivery", "repair", "refund")
ARBITERS = (ARBITER, Address(b"\xad" * 20))
ANSWER_S = 14 * DAY


@st.composite
def promises(draw: st.DrawFn, due: st.SearchStrategy[int] | None = None) -> Standing:
    """One promise; `due` draws its due time."""
    due_at = draw(due if due is not None else st.integers(NOON, NOON + 20 * DAY))
    customer = draw(st.sampled_from([ZERO_DIGEST, *map(a_customer, range(4))]))
    duration = draw(st.integers(1, 100_000))
    late = draw(st.one_of(st.just(0), st.integers(-min(duration, 3600), 9000), st.none()))
    fields: dict[str, Any] = {
        "id": PromiseId(draw(st.binary(min_size=32, max_size=32))),
        "customer": customer,
        "arbiter": draw(st.sampled_from(ARBITERS)),
        "cohort": draw(st.integers(0, 9)),
        "service": draw(st.sampled_from(SERVICES)),
        "stakes": draw(st.integers(0, 3)),
        "due_at": due_at,
        "duration": duration,
        "confirmed": draw(st.booleans()) and late is not None,
        "unilateral": draw(st.sampled_from([False, False, True])),
        "returned": draw(st.sampled_from([False, False, True])),
        "countersigned": draw(st.booleans()),
    }
    if fields["confirmed"]:
        fields["confirmed_by_arbiter"] = draw(st.booleans())
    fields |= draw(st.sampled_from([{}, {}, {}, *_FATES])) if not fields["confirmed"] else {}
    if fields.keys() & {"upheld", "dismissed"} or fields.get("status") is Status.DISPUTED:
        at = due_at + draw(st.integers(0, 20 * DAY))
        fields["disputed_at"] = Timestamp(at)
        fields["answered_at"] = draw(st.none() | st.integers(at, at + 2 * ANSWER_S))
        if fields["status"] is not Status.DISPUTED:
            fields["settled_at"] = Timestamp(draw(st.integers(at, at + 2 * ANSWER_S)))
    return a_standing(late, **fields)


_FATES: list[dict[str, Any]] = [
    {"status": Status.DISPUTED},
    {"status": Status.DISPUTED, "upheld": True},
    {"status": Status.UPHELD, "upheld": True},
    {"status": Status.DISMISSED, "dismissed": True},
    {"status": Status.CONFIRMED, "accepted": True, "owned": True},
    {"status": Status.CONFIRMED, "accepted": True, "upheld": True},
    {"status": Status.CONFIRMED, "accepted": True, "dismissed": True},
    {"status": Status.WITHDRAWN, "released": True},
    {"status": Status.SUPERSEDED, "released": True},
]

histories = st.lists(promises(), max_size=40)
SAME_DAY = st.integers(NOON, NOON + DAY // 2 - 1)
"""Due times of one day (UTC)."""


@st.composite
def lives(draw: st.DrawFn) -> list[PromiseEvent]:
    """Events of some promises, one after another: whatever the contract allows where each stands."""
    story, promises, now = Story(), list[Promise](), NOON
    for _ in range(draw(st.integers(1, 40))):
        now = Timestamp(now + draw(st.sampled_from((0, 1, 600, 3600, DAY, ANSWER_S))))
        if not promises or draw(st.integers(0, 3)) == 0:
            promises.append(_made(draw, story, now))
            continue
        promise = draw(st.sampled_from(promises))
        standing = lives_of(story.told())[promise_id(promise)]
        if standing.status not in _ACTS:
            continue
        act = draw(st.sampled_from(_ACTS[standing.status]))
        if act == "amend":
            fields = {"due_at": Timestamp(now + draw(st.integers(0, DAY))), "stakes": draw(st.integers(0, 3))}
            promises.append(story.amend(promise, now, draw(st.booleans()), **fields))
        else:
            _act(draw, story, promise, act, now)
    return story.told()


def _made(draw: st.DrawFn, story: Story, now: Timestamp) -> Promise:
    return story.make(
        now + draw(st.integers(1, DAY)),
        now,
        customer=draw(st.sampled_from([ZERO_DIGEST, *map(a_customer, range(3))])),
        arbiter=draw(st.sampled_from(ARBITERS)),
        cohort=draw(st.integers(0, 3)),
        service=draw(st.sampled_from(SERVICES)),
        stakes=draw(st.integers(0, 3)),
    )


def _act(draw: st.DrawFn, story: Story, promise: Promise, act: str, now: Timestamp) -> None:
    match act:
        case "fulfil":
            story.fulfil(promise, now - promise.due_at)
        case "confirm":
            by = draw(st.sampled_from((b"customer", COMPANY)))
            matter = draw(st.sampled_from((Matter.FULFILMENT, Matter.REMEDY)))
            story.confirm(promise, now, by, by_arbiter=draw(st.booleans()), matter=matter)
        case "hand off":
            story.hand_off(promise, draw(st.integers(0, 2)), draw(st.integers(0, 2)), now)
        case "withdraw":
            story.withdraw(promise, now, draw(st.booleans()))
        case "rule":
            story.rule(promise, now, draw(st.booleans()))
        case _:
            getattr(story, act)(promise, now)


_ACTS = {
    Status.OPEN: ("accept", "hand off", "amend", "withdraw", "fulfil", "fulfil", "dispute", "remedy"),
    Status.FULFILLED: ("confirm", "dispute"),
    Status.REMEDIED: ("confirm", "dispute"),
    Status.DISPUTED: ("answer", "rule", "remedy", "confirm"),
    Status.UPHELD: ("remedy", "confirm"),
    Status.DISMISSED: ("confirm",),
    Status.CONFIRMED: ("dispute", "confirm"),
}
"""What may be done to a promise; nothing more to one that was withdrawn or replaced."""
