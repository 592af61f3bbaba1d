"""What a step makes of the rows that scores are made of: of each company, and of all together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ledger.outcomes import Standing
from ledger.scoring.policy import Policy
from ledger.scoring.tallies import Book, Key, Row, Rows, Shares, add_shares, count, peers_shares, update
from ledger.store.reading import Reader
from ledger.units import ZERO_ADDRESS, Address, PromiseId, Timestamp

MARKET = ZERO_ADDRESS
"""Whose rows are those of all companies together."""

ScoreRows = dict[Address, dict[Key, Row]]


def turned(
    reader: Reader,
    before: Mapping[PromiseId, Standing],
    then: Timestamp,
    after: Mapping[PromiseId, Standing],
    now: Timestamp,
    policy: Policy,
) -> ScoreRows:
    """The rows that change when promises stood as `before` at one time and stand as `after` at another, and all others
    stand as they did; the database holds the rows, and the others, as of the first.

    Time may go backwards, as it does where the chain gives blocks up.
    """
    taken: defaultdict[Address, Shares] = defaultdict(Shares)
    gained: defaultdict[Address, Shares] = defaultdict(Shares)
    for standing in before.values():
        count(taken[standing.company], standing, then, policy)
    for standing in after.values():
        count(gained[standing.company], standing, now, policy)
    for standing in reader.standings_turning(min(then, now), max(then, now), policy.answer_s):
        if standing.id not in before and standing.id not in after:
            count(taken[standing.company], standing, then, policy)
            count(gained[standing.company], standing, now, policy)
    for company, shares in taken.items():
        gained[company].take(shares)
    return _updated(
        {company: (reader.rows_of(company), changed) for company, changed in gained.items()}, reader, policy
    )


def rows_of_all(reader: Reader, now: Timestamp, policy: Policy) -> ScoreRows:
    """All rows from nothing, by the promises in the database."""
    nothing = Book()
    folded = {}
    for company in reader.heads():
        shares = Shares()
        for standing in reader.standings_of(company):
            count(shares, standing, now, policy)
        folded[company] = (nothing, shares)
    return _updated(folded, None, policy)


def books_of(rows: ScoreRows) -> dict[Address, Book]:
    """The same rows, to be looked up."""
    books: dict[Address, Book] = defaultdict(Book)
    for company, own in rows.items():
        books[company].put(own)
    return books


def _updated(changed: Mapping[Address, tuple[Rows, Shares]], reader: Reader | None, policy: Policy) -> ScoreRows:
    found: ScoreRows = {}
    together = Shares()
    for company, (rows, shares) in changed.items():
        found[company] = update(rows, shares, policy)
        before = rows.get(found[company])
        add_shares(together, peers_shares(before, found[company]))
    market: Rows = reader.rows_of(MARKET) if reader else Book()
    found[MARKET] = update(market, together, policy)
    return found
