"""What scores cost: folding every flight of 2013, and asking for a company's score whose state is stored.

`events_per_s`: all flights, as the promises of their airlines, from the log's events, decoded, to the rows that scores
are made of, in one process; a flight is made, and if it landed, fulfilled and confirmed. `rows_per_s` is without the
first half, what becomes of each promise. Both are of the middle of several runs; `events_per_s_quickest` and
`events_per_s_slowest` say how far other work on the machine moved them.

`query_p50_ms`: a company's score from the rows in a database, from the beginning of a transaction to its end, by the
company's number of promises, the middle of many; to 2,000 customers and the public, of eight services, to four cohorts,
due within a year, among eleven other companies; each in a database of its own, at rest, with what was written where it
stays (a checkpoint, and PostgreSQL's vacuum). All are asked in turn, so that what slows the machine down for a while
slows all down. `ratio`: the slowest of these over the quickest. `flights_p50_ms`: the airline with most flights, whose
promises are of 47 services.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path

import numpy

from benchmarks.report import report
from ledger.cli.__main__ import COLLECT_AFTER
from ledger.events import Block, Confirmed, Fulfilled, Made, Matter, Position, PromiseEvent
from ledger.indexer.scores import MARKET
from ledger.lives import lives_of
from ledger.outcomes import Standing
from ledger.promises import promise_id, signer_hash
from ledger.scoring.policy import Policy
from ledger.scoring.rows import ALL, Book
from ledger.scoring.tallies import fold, peers_shares, update
from ledger.services.companies import Scorer
from ledger.sources.flights import ORIGINS, flights
from ledger.store.database import Database
from ledger.store.records import Company, Cursor
from ledger.units import ZERO_DIGEST, Address, BlockNumber, Digest, PromiseId, Timestamp, digest_of
from tests.support.build import ARBITER, DAY, NOON, a_customer, a_promise, a_standing
from tests.support.databases import KINDS, Places, new_postgresql, postgresql_server, sqlite

PROMISES = (1_000, 10_000, 100_000, 1_000_000)
FOLDS = 5
ROUNDS = 10
ASKED = 20
"""In each round, of each company."""
FLIGHTS = "flights"
PEERS = 11
SERVICES = 8
COHORTS = 4
CUSTOMERS = 2_000
FATES = (0, 0, 0, 0, 600, None)
"""Seconds late."""
HIGHEST = (2 * CUSTOMERS, len(FATES), SERVICES, COHORTS, 365 * DAY, 5 * DAY, 4)
"""Of what a promise is drawn from; half are to the public."""
SETTLING = {"sqlite": ("PRAGMA wal_checkpoint(TRUNCATE)",), "postgresql": ("VACUUM ANALYZE", "CHECKPOINT")}
AT_ONCE = 50_000


def main() -> None:
    """Measures both."""
    policy = Policy.named("standard")
    flown = by_airline()
    events = sum(map(len, flown.values()))
    now = Timestamp(max(event.at.time for told in flown.values() for event in told) + DAY)
    gc.set_threshold(*COLLECT_AFTER)
    # The benchmark's own events are nobody else's garbage.
    gc.collect()
    gc.freeze()
    runs = []
    for _ in range(FOLDS):
        began = time.perf_counter()
        standings = {company: lives_of(told) for company, told in flown.items()}
        lived_s = time.perf_counter() - began
        books = {company: fold(promises.values(), now, policy) for company, promises in standings.items()}
        runs.append((time.perf_counter() - began, lived_s))
        # Nor is what another run made.
        del standings
        gc.collect()
    whole_s, lived_s = sorted(runs)[FOLDS // 2]
    figures: dict[str, float | dict[str, float]] = {
        "events": events,
        "events_per_s": round(events / whole_s),
        "events_per_s_quickest": round(events / min(runs)[0]),
        "events_per_s_slowest": round(events / max(runs)[0]),
        "rows_per_s": round(events / (whole_s - lived_s)),
    }
    flown.clear()
    with tempfile.TemporaryDirectory() as folder, postgresql_server() as server:
        for kind in KINDS:
            place = partial(new_postgresql, server) if kind == "postgresql" else _files(Path(folder))
            asked = ask(place, policy, books, now)
            flights_ms = asked.pop(FLIGHTS)
            figures[f"query_p50_ms {kind}"] = {name: round(ms, 3) for name, ms in asked.items()}
            figures[f"ratio {kind}"] = round(max(asked.values()) / min(asked.values()), 2)
            figures[f"flights_p50_ms {kind}"] = round(flights_ms, 3)
    report("score", figures)


def _files(folder: Path) -> Places:
    numbers = count()
    return lambda: sqlite(folder / f"{next(numbers)}.db")


def by_airline() -> dict[Address, list[PromiseEvent]]:
    """The events of all flights of the year, as the demo records them."""
    found: defaultdict[Address, list[PromiseEvent]] = defaultdict(list)
    arbiter = signer_hash(ARBITER)
    for number, flight in enumerate(flights(date(2013, 1, 1), 365)):
        company = Address(digest_of(flight.carrier.encode())[:20])
        promise = replace(
            a_promise(number, flight.due_at, 1 + ORIGINS.index(flight.origin), flight.destination), company=company
        )
        actor, id_ = signer_hash(company), promise_id(promise)
        told = found[company]
        told.append(Made(_at(flight.departs_at), company, actor, ZERO_DIGEST, id_, promise))
        if flight.landed_at is not None:
            at = _at(flight.landed_at)
            told.append(Fulfilled(at, company, actor, ZERO_DIGEST, id_, ZERO_DIGEST))
            told.append(Confirmed(at, company, arbiter, ZERO_DIGEST, id_, True, Matter.FULFILMENT, 0))
    return dict(found)


def _at(time: Timestamp) -> Position:
    return Position(BlockNumber(time // 12), 0, ZERO_DIGEST, time)


def ask(place: Places, policy: Policy, books: dict[Address, Book], now: Timestamp) -> dict[str, float]:
    """Milliseconds for the score of the company with most promises, the middle of many: of one for each number of
    promises, and of the airline.
    """
    with ExitStack() as opened:
        databases = {f"{number:,}": opened.enter_context(closing(Database(place()))) for number in PROMISES}
        companies = {
            name: _fill(database, number, policy)
            for (name, database), number in zip(databases.items(), PROMISES, strict=True)
        }
        databases[FLIGHTS] = opened.enter_context(closing(Database(place())))
        companies[FLIGHTS] = _put(databases[FLIGHTS], books, now, policy)
        gc.collect()
        gc.freeze()
        times: defaultdict[str, list[float]] = defaultdict(list)
        for _ in range(ROUNDS):
            for name, database in databases.items():
                times[name] += _times(database, companies[name], policy)
    return {name: statistics.median(taken) for name, taken in times.items()}


def _fill(database: Database, number: int, policy: Policy) -> Company:
    """Gives a company so many promises, all of them in the database; the company."""
    now = Timestamp(NOON + 365 * DAY)
    promises = list(_promises(number, number))
    companies = {company_of(each): list(_promises(1_000, each)) for each in range(PEERS)}
    companies[company_of(PEERS)] = promises
    with database.write() as writer:
        for start in range(0, number, AT_ONCE):
            writer.put_standings(promises[start : start + AT_ONCE])
    books = {company: fold(standings, now, policy) for company, standings in companies.items()}
    return _put(database, books, now, policy)


def _promises(number: int, seed: int) -> Iterator[Standing]:
    chance = numpy.random.default_rng(seed)
    for index in range(number):
        to, fate, service, cohort, due, duration, stakes = map(int, chance.integers(0, HIGHEST))
        yield a_standing(
            FATES[fate],
            id=PromiseId(index.to_bytes(32, "big")),
            customer=ZERO_DIGEST if to >= CUSTOMERS else a_customer(to),
            service=f"service {service}",
            cohort=1 + cohort,
            due_at=NOON + due,
            duration=3600 + duration,
            stakes=stakes,
        )


def company_of(number: int) -> Address:
    """One of the companies."""
    return Address((number + 1).to_bytes(20, "big")[::-1])


def market_of(books: dict[Address, Book]) -> Book:
    """The rows of all companies together."""
    market = Book()
    for book in books.values():
        market.put(update(market, peers_shares({}, book.rows), Policy.named("standard")))
    return market


def _put(database: Database, books: dict[Address, Book], now: Timestamp, policy: Policy) -> Company:
    """Stores rows; the company with most promises."""
    block = Block(BlockNumber(1), digest_of(b"block"), now)
    with database.write() as writer:
        writer.put_rows({company: book.rows for company, book in (books | {MARKET: market_of(books)}).items()})
        writer.move_cursor(Cursor("eip155:1:0x00", block, block.number, block, policy.hash))
    _settle(database)
    largest = max(books, key=lambda company: books[company].rows[ALL][0])
    return Company(largest, Timestamp(0), Digest(ZERO_DIGEST), BlockNumber(1), ZERO_DIGEST, "", None)


def _settle(database: Database) -> None:
    """Does now what a server would do by itself in the minutes after so much was written."""
    with database._open().plain.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in SETTLING[connection.dialect.name]:
            connection.exec_driver_sql(statement)


def _times(database: Database, company: Company, policy: Policy) -> Sequence[float]:
    found = []
    for _ in range(ASKED):
        # It keeps what it has computed, so each is asked once.
        scorer = Scorer(policy)
        began = time.perf_counter()
        with database.read() as reader:
            scorer.score(reader, company)
        found.append(1000 * (time.perf_counter() - began))
    return found


if __name__ == "__main__":
    main()
