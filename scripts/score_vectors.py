"""Writes tests/vectors/scores.json: histories and their scores, for every implementation of the scoring to meet.

`python -m scripts.score_vectors` writes it; with `--check` it compares instead, and exits 1 where they differ. A
history's events are in the chain's order; each stands as a list: its name, its time, its promise by its nonce, its own
fields. Fields of promises that are not said stand in `common`, and where nobody is said to act, the company does. Rates
are in parts per million, evidence in thousandths.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
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
    Position,
    PromiseEvent,
    Remedied,
    Ruled,
    Withdrawn,
)
from ledger.lives import lives_of
from ledger.outcomes import Standing
from ledger.promises import Promise, customer_of, promise_id, service_code, signer_hash
from ledger.proofs.statements import assured
from ledger.scoring.decay import table_digest
from ledger.scoring.policy import Policy
from ledger.scoring.rows import Book, Rows
from ledger.scoring.score import Score, score
from ledger.scoring.tallies import fold, peers_shares, update
from ledger.units import (
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    PromiseId,
    Timestamp,
    digest_of,
    show_hex,
)
from scripts.vectors import ROOT, write_or_check

FILE = ROOT / "tests" / "vectors" / "scores.json"

HOUR, DAY = 3600, 86_400
START = Timestamp(1_359_028_800)
"""2013-01-24 12:00 UTC."""
LATER = Timestamp(START + 60 * DAY)

COMPANY = Address(digest_of(b"company")[:20])
LISTED, UNLISTED = (Address(digest_of(name)[:20]) for name in (b"arbiter", b"another arbiter"))
VOUCHED, STRANGER, THIRD = (customer_of(digest_of(b"salt"), name) for name in (b"vouched", b"stranger", b"third"))
COMMON = Promise(
    company=COMPANY,
    customer=ZERO_DIGEST,
    terms=digest_of(b"terms"),
    due_at=START,
    dispute_window=30 * DAY,
    arbiter=LISTED,
    service=service_code("delivery"),
    experience=0,
    stage=2,
    stakes=0,
    cohort=1,
    nonce=0,
)


def policies() -> dict[str, Policy]:
    """The published ones, and one whose thresholds few promises reach."""
    small = Policy.named("standard").model_dump() | {
        "name": "small",
        "arbiters": [show_hex(LISTED)],
        "customers": [show_hex(VOUCHED)],
        "grace_cap_s": 2400,
        "grace_cap_s_by_service": {show_hex(service_code("repair")): 600},
        "half_life_days_by_service": {show_hex(service_code("repair")): 30, show_hex(service_code("refund")): 15},
        "decay_tables": {str(days): show_hex(table_digest(days)) for days in (15, 30, 90)},
        "answer_s": 3 * DAY,
        "min_evidence": 3,
        "min_promises": 3,
        "few_customers": 2,
        "fairness_margin_ppm": 200_000,
        "misconduct_margin_ppm": 200_000,
        "overturned_margin_ppm": 300_000,
        "untold_margin_ppm": 300_000,
        "exposure": 1,
        "alarm_failures": 2,
        "periods": 3,
        "compared_cohorts": 4,
    }
    small["prior"] |= {"companies": 3}
    published = {name: Policy.named(name) for name in ("standard", "strict")}
    return published | {"small": Policy.parse(json.dumps(small).encode(), "this script's")}


# ── telling a history ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Story:
    """What happens to one company's promises, told in any order."""

    events: list[PromiseEvent] = field(default_factory=list)
    made: int = 0

    def make(self, due: int = START, made: int | None = None, **fields: Any) -> Promise:
        """A promise made an hour before it is due, if nothing else is said."""
        self.made += 1
        if "service" in fields:
            fields["service"] = service_code(fields["service"])
        promise = replace(COMMON, due_at=Timestamp(due), nonce=self.made, **fields)
        self._add(Made, promise, due - HOUR if made is None else made, promise=promise)
        return promise

    def several(self, number: int, late: int | None = 0, apart: bool = False, **fields: Any) -> list[Promise]:
        """Promises that came out alike: fulfilled so many seconds after they were due, or not at all.

        `apart` makes each to a customer of its own.
        """
        promises = [self.make(**fields | ({"customer": _someone(self.made)} if apart else {})) for _ in range(number)]
        for promise in promises:
            if late is not None:
                self.fulfil(promise, late)
        return promises

    def accept(self, promise: Promise, at: int) -> Promise:
        """By the customer."""
        return self._add(Accepted, promise, at, signer_hash(b"customer"))

    def fulfil(self, promise: Promise, late: int = 0) -> Promise:
        """So many seconds after it is due."""
        return self._add(Fulfilled, promise, promise.due_at + late, evidence=ZERO_DIGEST)

    def confirm(self, promise: Promise, at: int, by: bytes = b"customer", **fields: Any) -> Promise:
        """By a signer."""
        own = {"by_arbiter": False, "matter": Matter.FULFILMENT, "rating": 0}
        return self._add(Confirmed, promise, at, signer_hash(by), **own | fields)

    def dispute(self, promise: Promise, at: int, matter: Matter = Matter.FULFILMENT) -> Promise:
        """By the customer."""
        return self._add(Disputed, promise, at, signer_hash(b"customer"), matter=matter, reason=ZERO_DIGEST)

    def answer(self, promise: Promise, at: int) -> Promise:
        """By the company."""
        return self._add(Answered, promise, at, response=ZERO_DIGEST)

    def rule(self, promise: Promise, at: int, upheld: bool) -> Promise:
        """By the arbiter."""
        return self._add(Ruled, promise, at, signer_hash(LISTED), upheld=upheld, ruling=ZERO_DIGEST)

    def remedy(self, promise: Promise, at: int) -> Promise:
        """By the company."""
        return self._add(Remedied, promise, at, kind=2, remedy=ZERO_DIGEST)

    def withdraw(self, promise: Promise, at: int, consented: bool = False) -> Promise:
        """By the company."""
        return self._add(Withdrawn, promise, at, reason=ZERO_DIGEST, consented=consented)

    def hand_off(self, promise: Promise, giver: int, taker: int, at: int) -> Promise:
        """From one unit to another."""
        return self._add(HandedOff, promise, at, giver=giver, taker=taker, channel=0)

    def amend(self, promise: Promise, at: int, consented: bool = False, **fields: Any) -> Promise:
        """Puts another in its place, whose nonce is the next."""
        self.made += 1
        successor = replace(promise, nonce=self.made, **fields)
        self._add(Amended, promise, at, successor=promise_id(successor), consented=consented)
        return self._add(Made, successor, at, promise=successor)

    def _add(
        self, event_type: type[PromiseEvent], about: Promise, at: int, actor: Digest | None = None, **fields: Any
    ) -> Promise:
        place = Position(BlockNumber(at // 12), len(self.events), ZERO_DIGEST, Timestamp(at))
        who = signer_hash(COMPANY) if actor is None else actor
        common: dict[str, Any] = {
            "at": place,
            "company": COMPANY,
            "actor": who,
            "head": ZERO_DIGEST,
            "id": promise_id(about),
        }
        self.events.append(event_type(**common | fields))
        return about

    def told(self) -> list[PromiseEvent]:
        """The events in the chain's order."""
        return sorted(self.events, key=lambda event: (event.at.time, event.at.log_index))


@dataclass
class History:
    """A history with the times and policies that it is scored by."""

    name: str
    tell: Callable[[Story], object]
    times: Sequence[int] = (LATER,)
    policies: Sequence[str] = ("small",)
    peers: Sequence[Callable[[Story], object]] = ()
    """Other companies' histories."""


# ── the histories ───────────────────────────────────────────────────────────────────────────────────────────────────


def histories() -> Iterator[History]:
    """Each rule and each edge at least once."""
    every = ("standard", "strict", "small")
    yield History("no promise", lambda _: None, policies=every)
    yield History("one kept", lambda s: s.fulfil(s.make(), -60), policies=every)
    yield History("kept in the second in which it is due", lambda s: s.fulfil(s.make(), 0), times=(START, LATER))
    yield History(
        "fulfilled early, and not due: counts when it is due",
        lambda s: s.fulfil(s.make(), -1800),
        times=(START - 1, START),
    )
    yield History("late by a second", lambda s: s.fulfil(s.make(), 1))
    yield History("late by a second less than the grace", lambda s: s.fulfil(s.make(), HOUR // 3 - 1))
    yield History("late by the whole grace", lambda s: s.fulfil(s.make(), HOUR // 3))
    yield History(
        "grace has a cap", lambda s: [s.fulfil(s.make(made=START - DAY), late) for late in (1200, 2399, 2400)]
    )
    yield History(
        "grace has a cap of its own for a service",
        lambda s: [s.fulfil(s.make(service="repair", made=START - DAY), late) for late in (300, 599, 600)],
    )
    yield History("grace of a promise given a second", lambda s: s.fulfil(s.make(made=START - 1), 1))
    yield History("never fulfilled", lambda s: s.make(), times=(START - 1, START, LATER), policies=every)
    yield History(
        "withdrawn by the company alone", lambda s: s.withdraw(s.make(), START - 60), times=(START - 1, START)
    )
    yield History("withdrawn with consent", lambda s: s.withdraw(s.make(), START - 60, consented=True))
    yield History("moved with consent", _moved(True))
    yield History("moved by the company alone", _moved(False))
    yield History("moved by the company alone, and confirmed", _moved(False, then="confirmed"))
    yield History("moved by the company alone, and confirmed by its own arbiter", _moved(False, then="by a puppet"))
    yield History("moved by the company alone, and countersigned", _moved(False, then="countersigned"))
    yield History("countersigned, and moved by the company alone", _moved(False, first_accepted=True))
    yield History("moved twice, once with consent", _moved_twice)
    yield History("given other terms by the company alone", _other_terms)
    yield History("under a dispute", _disputed(), times=(START + HOUR, START + 2 * HOUR + 3 * DAY - 1))
    yield History("a miss under a dispute", _miss_disputed)
    yield History("a dispute that nobody answered in time", _disputed(), times=(START + 2 * HOUR + 3 * DAY,))
    yield History("a dispute answered in the last second", _disputed(answered=3 * DAY - 1))
    yield History("a dispute answered a second too late", _disputed(answered=3 * DAY))
    yield History("a dispute answered by a remedy", _answered_by_remedy)
    yield History("a dispute upheld at once", _upheld_at_once)
    yield History("a dispute dismissed by one that is not listed, too late", _dismissed_late(UNLISTED))
    yield History("a dispute dismissed by one that is listed, too late", _dismissed_late(LISTED))
    yield History("a dispute upheld", _ruled(upheld=True))
    yield History("a dispute dismissed by an arbiter that is listed", _ruled(upheld=False))
    yield History("a dispute dismissed by one that is not", _ruled(upheld=False, arbiter=UNLISTED))
    yield History("a late one whose dispute was dismissed", _ruled(upheld=False, late=600))
    yield History("a remedy that was taken", _remedied(taken=True))
    yield History("a remedy that nobody took", _remedied(taken=False))
    yield History("a remedy that the company itself took", _remedied(taken=True, by=COMPANY))
    yield History("a remedy that an arbiter took for a customer", _remedied(taken=True, by_arbiter=True))
    yield History(
        "a remedy that an arbiter took for the public", _remedied(True, customer=ZERO_DIGEST, by_arbiter=True)
    )
    puppet = {"customer": ZERO_DIGEST, "arbiter": UNLISTED}
    yield History("a remedy that an arbiter who is not listed took for the public", _remedied(True, True, **puppet))
    yield History("a remedy after a ruling", _remedied_after_ruling)
    yield History(
        "a remedy that was taken although a listed arbiter had dismissed the dispute", _dismissed_and_taken(LISTED)
    )
    yield History("a remedy that was taken although another had dismissed the dispute", _dismissed_and_taken(UNLISTED))
    yield History("a remedy that was disputed", _remedy_disputed)
    yield History("confirmed by customer, arbiter and nobody", _confirmed)
    yield History("confirmed by the company itself", lambda s: s.confirm(s.fulfil(s.make()), START + 60, by=COMPANY))
    yield History("confirmed by the arbiter, and then disputed", _confirmed_then_disputed)
    yield History("confirmed by an arbiter who is not listed", _puppet_confirmed)
    yield History("countersigned by those who are listed, and by others", _countersigned, policies=every)
    yield History(
        "countersigned a second before it is due, and when it is",
        lambda s: [s.fulfil(s.accept(s.make(customer=VOUCHED), START - sooner), 600) for sooner in (1, 0)],
    )
    yield History("handed off, and back to where it came from", _handed_off)
    yield History("to the public, one day", lambda s: s.several(9), policies=every)
    yield History("to the public, nine days", lambda s: [s.several(1, due=START + n * DAY) for n in range(9)])
    yield History("to the public, by an arbiter who is not listed", lambda s: s.several(9, arbiter=UNLISTED))
    yield History("to one customer", lambda s: s.several(30, customer=VOUCHED), policies=every)
    yield History(
        "to thirty customers", lambda s: [s.several(1, customer=_someone(n)) for n in range(30)], policies=every
    )
    yield History("to customers of whom one is vouched for", _customers)
    yield History("to one customer over half a year", _aging, times=(START + 181 * DAY,), policies=every)
    yield History("services with half-lives of their own", _services, times=(START + 45 * DAY,))
    yield History("before the policy's epoch", lambda s: s.several(5, due=START - 400 * DAY), policies=every)
    yield History("idle for two years", _customers, times=(LATER, START + 730 * DAY))
    yield History("critical ones broken", _critical(broken=5))
    yield History("too few critical ones to judge", _critical(broken=1, kept=0))
    yield History("green", lambda s: _graded(s, 60, 0, True), policies=every)
    yield History("green but for confirmations", lambda s: _graded(s, 60, 0, False))
    yield History("amber", lambda s: _graded(s, 50, 10, True))
    yield History("red", lambda s: _graded(s, 30, 30, True))
    yield History("open promises beyond what was shown", _exposed)
    yield History("cohorts served alike", _cohorts({1: (40, 1), 2: (40, 1)}))
    yield History("one cohort served worse", _cohorts({1: (20, 0), 2: (20, 15)}))
    yield History("three cohorts, of which one is served worse", _cohorts({1: (20, 1), 2: (20, 2), 3: (20, 18)}))
    yield History("cohorts of which none has anything kept", _cohorts({1: (20, 20), 2: (20, 20)}))
    yield History("a gap that is the mix of services", _simpson)
    yield History("cohorts without a service in common", _disjoint)
    yield History("a cohort with a service of its own", _own_service)
    yield History("a service that one cohort hardly uses", _hardly_used)
    yield History("cohort 0 is not compared", _cohorts({0: (20, 10), 1: (20, 0), 2: (20, 0)}))
    yield History("a cohort too high to be compared", _cohorts({1: (40, 0), 2: (40, 0), 5: (9, 9)}))
    yield History("a small cohort hides the next", _cohorts({1: (20, 0), 2: (12, 2), 3: (2, 0)}))
    yield History("two small cohorts hide no more", _cohorts({1: (20, 0), 2: (2, 2), 3: (1, 0)}))
    yield History("cohorts that are remedied unlike", _remedies)
    yield History("disputes left unanswered, and lost", _misconduct)
    yield History("changes by the company alone", _unilateral)
    yield History("periods that are over", _periods, times=(START + 28 * DAY, START + 200 * DAY))
    yield History("an alarm rings", _drift(bad=6), times=(START + 30 * DAY,))
    yield History("too few failures for an alarm", _drift(bad=1), times=(START + 30 * DAY,))
    yield History("the prior of too few peers", _mixed(30), peers=(_mixed(20),))
    yield History("a prior learnt from peers", _mixed(30), peers=(_mixed(20), _mixed(10), _mixed(35)))
    yield History("a prior learnt from peers who are all alike", _mixed(30), peers=(_mixed(30), _mixed(30), _mixed(30)))
    peers = (_deadlines(2), _deadlines(1))
    yield History("deadlines twice those of its peers", _deadlines(4), peers=peers)
    yield History("deadlines half those of its peers", _deadlines(1), peers=(peers[0], peers[0]))
    soon = (Timestamp(START + DAY),)
    yield History("deadlines padded by one slower than its peers", _deadlines(4, takes=4), times=soon, peers=peers)


def _someone(number: int) -> Digest:
    return customer_of(digest_of(b"salt"), b"customer %d" % number)


def _moved(consented: bool, then: str = "", first_accepted: bool = False) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        first = s.make(customer=VOUCHED, arbiter=UNLISTED)
        if first_accepted:
            s.accept(first, START - 120)
        second = s.amend(first, START - 60, consented, due_at=Timestamp(START + DAY))
        if then == "countersigned":
            s.accept(second, START - 30)
        s.fulfil(second, -HOUR)
        if then == "confirmed":
            s.confirm(second, START + DAY)
        if then == "by a puppet":
            s.confirm(second, START + DAY, UNLISTED, by_arbiter=True)

    return tell


def _moved_twice(s: Story) -> None:
    first = s.make(customer=VOUCHED)
    second = s.amend(first, START - 120, False, due_at=Timestamp(START + DAY))
    third = s.amend(second, START - 60, True, due_at=Timestamp(START + 2 * DAY))
    s.fulfil(s.amend(third, START - 30, False, due_at=Timestamp(START + 3 * DAY)), -DAY + 1200)


def _other_terms(s: Story) -> None:
    first = s.make(customer=VOUCHED, stakes=3, cohort=2)
    s.fulfil(s.amend(first, START - 60, stakes=0, cohort=1, service=service_code("repair")), -30)


def _disputed(answered: int | None = None) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        for late in (0, 600):
            promise = s.dispute(s.fulfil(s.make(customer=_someone(late)), late), START + 2 * HOUR)
            if answered is not None:
                s.answer(promise, START + 2 * HOUR + answered)

    return tell


def _miss_disputed(s: Story) -> None:
    s.answer(s.dispute(s.make(), START + HOUR, Matter.MISS), START + DAY)


def _answered_by_remedy(s: Story) -> None:
    promise = s.remedy(s.dispute(s.make(customer=VOUCHED), START + HOUR, Matter.MISS), START + DAY)
    s.answer(promise, START + 2 * DAY)
    s.confirm(promise, START + 3 * DAY, matter=Matter.REMEDY)


def _ruled(upheld: bool, arbiter: Address = LISTED, late: int = 0) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        promise = s.dispute(s.fulfil(s.make(customer=VOUCHED, arbiter=arbiter), late), START + HOUR)
        s.rule(s.answer(promise, START + 2 * HOUR), START + DAY, upheld)

    return tell


def _upheld_at_once(s: Story) -> None:
    s.rule(s.dispute(s.fulfil(s.make(customer=VOUCHED)), START + HOUR), START + HOUR, True)


def _dismissed_late(arbiter: Address) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        s.rule(s.dispute(s.fulfil(s.make(customer=VOUCHED, arbiter=arbiter)), START), START + 3 * DAY, False)

    return tell


def _remedied(
    taken: bool, by_arbiter: bool = False, by: bytes = b"customer", **fields: Any
) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        promise = s.remedy(s.make(**{"customer": VOUCHED} | fields), START + HOUR)
        if taken:
            s.confirm(promise, START + 2 * HOUR, by, matter=Matter.REMEDY, rating=4, by_arbiter=by_arbiter)

    return tell


def _remedied_after_ruling(s: Story) -> None:
    promise = s.rule(s.dispute(s.fulfil(s.make(customer=VOUCHED)), START + HOUR), START + DAY, True)
    s.confirm(s.remedy(promise, START + 2 * DAY), START + 3 * DAY, matter=Matter.REMEDY)


def _dismissed_and_taken(arbiter: Address) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        for late in (0, 60, 600):
            promise = s.dispute(s.fulfil(s.make(customer=VOUCHED, arbiter=arbiter), late), START + HOUR)
            s.rule(s.remedy(promise, START + 2 * HOUR), START + DAY, False)
            s.confirm(promise, START + 2 * DAY, matter=Matter.REMEDY)

    return tell


def _remedy_disputed(s: Story) -> None:
    promise = s.remedy(s.make(customer=VOUCHED), START + HOUR)
    s.answer(s.dispute(promise, START + DAY, Matter.REMEDY), START + 2 * DAY)


def _confirmed(s: Story) -> None:
    s.confirm(s.fulfil(s.make(customer=VOUCHED)), START + 60, rating=5)
    s.confirm(s.fulfil(s.make(customer=VOUCHED)), START + 60, by=LISTED, by_arbiter=True)
    s.fulfil(s.make(customer=VOUCHED))


def _puppet_confirmed(s: Story) -> None:
    for number in range(8):
        promise = s.fulfil(s.make(customer=_someone(number), arbiter=UNLISTED))
        s.confirm(promise, START + 60, by=UNLISTED, by_arbiter=True)


def _countersigned(s: Story) -> None:
    for customer in (VOUCHED, STRANGER):
        for late in (0, 0, 600):
            s.confirm(s.fulfil(s.accept(s.make(customer=customer), START - 60), late), START + HOUR)
            s.fulfil(s.make(customer=customer), late)


def _confirmed_then_disputed(s: Story) -> None:
    promise = s.confirm(s.fulfil(s.make(customer=VOUCHED)), START + 60, by=LISTED, by_arbiter=True)
    s.rule(s.answer(s.dispute(promise, START + HOUR), START + DAY), START + 2 * DAY, False)


def _handed_off(s: Story) -> None:
    for number in range(6):
        promise = s.make(customer=_someone(number))
        back = 0 if number < 5 else 9
        for giver, taker in ((0, 7), (7, back), (back, 8)):
            s.hand_off(promise, giver, taker, START - 60)
        s.fulfil(promise)


def _customers(s: Story) -> None:
    for customer, kept, broken in ((VOUCHED, 4, 1), (STRANGER, 10, 5), (THIRD, 1, 0)):
        s.several(kept, customer=customer)
        s.several(broken, None, customer=customer)


def _aging(s: Story) -> None:
    for month in range(6):
        s.several(4, customer=VOUCHED, due=START + 30 * month * DAY)
        s.several(1, None, customer=VOUCHED, due=START + 30 * month * DAY)


def _services(s: Story) -> None:
    for number, service in enumerate(("delivery", "repair", "refund")):
        for day in range(4):
            s.several(
                3, number * 100, service=service, due=START + 10 * day * DAY, customer=_someone(day), stakes=number
            )


def _critical(broken: int, kept: int = 10) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        for n in range(20):
            s.several(1, customer=_someone(n))
        for n in range(kept):
            s.several(1, customer=_someone(n), stakes=2)
        for n in range(broken):
            s.several(1, None, customer=_someone(n), stakes=3)

    return tell


def _graded(s: Story, kept: int, broken: int, confirmed: bool) -> None:
    for n in range(kept):
        (promise,) = s.several(1, customer=_someone(n))
        if confirmed and n % 5 == 0:
            s.confirm(promise, START + 60)
    for n in range(broken):
        s.several(1, None, customer=_someone(n))


def _exposed(s: Story) -> None:
    _customers(s)
    s.several(20, None, due=LATER + 1)


def _cohorts(cohorts: dict[int, tuple[int, int]]) -> Callable[[Story], object]:
    """Cohorts with so many promises, and so many of them broken."""

    def tell(s: Story) -> None:
        for cohort, (all_, broken) in cohorts.items():
            s.several(all_ - broken, cohort=cohort, apart=True)
            s.several(broken, None, cohort=cohort, apart=True)

    return tell


def _simpson(s: Story) -> None:
    for cohort, service, kept, broken in (
        (1, "delivery", 36, 4),
        (1, "repair", 5, 5),
        (2, "delivery", 9, 1),
        (2, "repair", 20, 20),
    ):
        s.several(kept, cohort=cohort, service=service, apart=True)
        s.several(broken, None, cohort=cohort, service=service, apart=True)


def _disjoint(s: Story) -> None:
    s.several(10, cohort=1, service="delivery", apart=True)
    s.several(10, None, cohort=2, service="repair", apart=True)


def _own_service(s: Story) -> None:
    for cohort in (1, 2):
        s.several(20, cohort=cohort, apart=True)
    s.several(10, cohort=2, service="repair", apart=True)


def _hardly_used(s: Story) -> None:
    for cohort in (1, 2):
        s.several(60, cohort=cohort, apart=True)
    s.several(1, cohort=1, service="repair", apart=True)
    s.several(30, cohort=2, service="repair", apart=True)
    for promise in s.several(30, None, cohort=2, service="repair", apart=True):
        s.remedy(promise, START + HOUR)


def _remedies(s: Story) -> None:
    for cohort, taken in ((1, 12), (2, 0)):
        s.several(20, cohort=cohort, customer=_someone(cohort))
        for number, promise in enumerate(s.several(12, None, cohort=cohort, customer=_someone(cohort))):
            if number < taken:
                s.confirm(s.remedy(promise, START + HOUR), START + DAY, matter=Matter.REMEDY)


def _misconduct(s: Story) -> None:
    for number in range(12):
        (promise,) = s.several(1, customer=_someone(number))
        s.dispute(promise, START + HOUR)
        if number < 4:
            s.answer(promise, START + (number + 1) * HOUR * 2)
        if number < 8:
            s.rule(promise, START + 5 * DAY, upheld=number % 4 != 3)


def _unilateral(s: Story) -> None:
    for number in range(12):
        promise = s.make(customer=_someone(number))
        if number % 3 == 0:
            s.withdraw(promise, START - 60)
        elif number % 3 == 1:
            s.fulfil(s.amend(promise, START - 60, due_at=Timestamp(START + DAY)))
        else:
            s.fulfil(promise)


def _periods(s: Story) -> None:
    for period in range(8):
        for cohort in (1, 2):
            due = START + 28 * period * DAY
            s.several(6, cohort=cohort, due=due, apart=True)
            s.several(2 * (cohort - 1) * (period < 4), None, cohort=cohort, due=due, apart=True)


def _drift(bad: int) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        for day in range(29):
            s.several(5, due=START + day * DAY, customer=_someone(day))
        s.several(bad, None, due=START + 30 * DAY, customer=VOUCHED)

    return tell


def _mixed(kept: int) -> Callable[[Story], object]:
    def tell(s: Story) -> None:
        s.several(kept)
        s.several(40 - kept, None)
        s.several(kept, 300, service="repair")

    return tell


def _deadlines(hours: int, takes: int = 2) -> Callable[[Story], object]:
    """Promises that take about so many hours, whatever was promised."""

    def tell(s: Story) -> None:
        for extra in range(8):
            promise = s.make(START + hours * HOUR, made=START, customer=_someone(extra))
            s.fulfil(promise, (takes - hours) * HOUR + (extra - 5) * 600)

    return tell


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Writes the file, or compares it."""
    write_or_check(FILE, content(), __doc__, "python -m scripts.score_vectors")


def content() -> str:
    """The file as it must be, one event a line."""
    actor = show_hex(signer_hash(COMPANY))
    shared = {"company": show_hex(COMPANY), "companyActor": actor, "common": _promise(COMMON)}
    lines = ["{", *[f" {json.dumps(name)}: {json.dumps(value)}," for name, value in shared.items()], ' "policies": {']
    named = [f"  {json.dumps(name)}: {json.dumps(policy.model_dump())}" for name, policy in policies().items()]
    lines += [
        ",\n".join(named),
        " },",
        ' "histories": [',
        ",\n".join(_history(each) for each in histories()),
        " ]",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _history(history: History) -> str:
    companies = companies_of(history)
    own, *peers = companies
    scores = [
        {"asOf": as_of, "policy": name, "score": figures(scored(own, peers, Timestamp(as_of), policies()[name]))}
        for as_of in history.times
        for name in history.policies
    ]
    lists = [_events(events) for events in companies]
    rows = ",\n".join(f"    {json.dumps(each)}" for each in scores)
    return (
        f'  {{\n   "name": {json.dumps(history.name)},\n   "events": {lists[0]},\n'
        f'   "peers": [{", ".join(lists[1:])}],\n   "scores": [\n{rows}\n   ]\n  }}'
    )


def companies_of(history: History) -> list[list[PromiseEvent]]:
    """The events of the company that the history is about, and those of its peers."""
    found = []
    for tell in (history.tell, *history.peers):
        story = Story()
        tell(story)
        found.append(story.told())
    return found


def scored(
    own: Sequence[PromiseEvent], peers: Sequence[Sequence[PromiseEvent]], as_of: Timestamp, policy: Policy
) -> Score:
    """The score that a history has at a time, among its peers."""
    books = [fold(standings_at(events, as_of), as_of, policy) for events in (own, *peers)]
    return score(books[0], market_of(books, policy), BlockNumber(as_of // 12), as_of, policy)


def standings_at(events: Sequence[PromiseEvent], as_of: Timestamp) -> list[Standing]:
    """Where promises stand after what had happened by a time."""
    return list(lives_of(event for event in events if event.at.time <= as_of).values())


def market_of(books: Sequence[Book], policy: Policy) -> Rows:
    """The rows of all companies together."""
    market = Book()
    for book in books:
        market.put(update(market, peers_shares({}, book.rows), policy))
    return market


def _events(events: Sequence[PromiseEvent]) -> str:
    if not events:
        return "[]"
    nonces = {event.id: event.promise.nonce for event in events if isinstance(event, Made)}
    return "[\n" + ",\n".join(f"    {json.dumps(_event(event, nonces))}" for event in events) + "\n   ]"


def _event(event: PromiseEvent, nonces: dict[PromiseId, int]) -> list[Any]:
    """An event's name, its time, its promise by its nonce, and its own fields; who acted, if not the company."""
    own: dict[str, Any] = {}
    match event:
        case Made():
            common = _promise(COMMON)
            own = {
                name: value
                for name, value in _promise(event.promise).items()
                if value != common[name] and name != "nonce"
            }
        case HandedOff():
            own = {"giver": event.giver, "taker": event.taker}
        case Amended():
            own = {"successor": nonces[event.successor], "consented": event.consented}
        case Withdrawn():
            own = {"consented": event.consented}
        case Confirmed():
            own = {"byArbiter": event.by_arbiter, "matter": int(event.matter), "rating": event.rating}
        case Disputed():
            own = {"matter": int(event.matter)}
        case Ruled():
            own = {"upheld": event.upheld}
    if event.actor != signer_hash(COMPANY):
        own["actor"] = show_hex(event.actor)
    return [type(event).__name__, int(event.at.time), nonces[event.id], own]


def _promise(promise: Promise) -> dict[str, Any]:
    return {
        "company": show_hex(promise.company),
        "customer": show_hex(promise.customer),
        "terms": show_hex(promise.terms),
        "dueAt": int(promise.due_at),
        "disputeWindow": promise.dispute_window,
        "arbiter": show_hex(promise.arbiter),
        "service": show_hex(promise.service),
        "experience": promise.experience,
        "stage": promise.stage,
        "stakes": promise.stakes,
        "cohort": promise.cohort,
        "nonce": promise.nonce,
    }


def figures(found: Score) -> dict[str, Any]:
    """Every figure of a score, as JSON has it."""
    return assured(found) | {
        "estimate": found.estimate,
        "estimates": [
            {
                "service": show_hex(each.service),
                "matured": each.matured,
                "expected": each.expected,
                "learnt": each.learnt,
            }
            for each in found.estimates
        ],
        "ambition": {
            "kept": found.ambition.kept,
            "expected_milli": found.ambition.expected_milli,
            "usual_milli": found.ambition.usual_milli,
            "ratio": found.ambition.ratio,
            "padding": found.ambition.padding,
        },
        "cautions": [str(caution) for caution in found.cautions],
    }


if __name__ == "__main__":
    main()
