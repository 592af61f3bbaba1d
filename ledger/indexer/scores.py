"""What a step makes of the rows that scores are made of: of each company, and of all together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ledger.outcomes import Standing
from ledger.scoring.counting import Tally, counted
from ledger.scoring.policy import Policy
from ledger.scoring.rows import Book, Key, Lookup, Row, Shares
from ledger.scoring.tallies import peers_shares, update
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
    taken, gained = _Tallies(then, policy), _Tallies(now, policy)
    for standing in before.values():
        taken.add(standing)
    for standing in after.values():
        gained.add(standing)
    for standing in reader.standings_turning(min(then, now), max(then, now), policy.answer_s):
        if standing.id not in before and standing.id not in after:
            taken.add(standing)
            gained.add(standing)
    changed: defaultdict[Address, Shares] = defaultdict(Shares)
    for company, tally in gained.items():
        changed[company] = tally.shares()
    for company, tally in taken.items():
        changed[company].take(tally.shares())
    return _updated({company: (reader.rows_of(company), shares) for company, shares in changed.items()}, reader, policy)


class _Tallies(dict[Address, Tally]):
    """By company."""

    def __init__(self, as_of: Timestamp, policy: Policy) -> None:
        super().__init__()
        self._as_of = as_of
        self._policy = policy

    def __missing__(self, company: Address) -> Tally:
        tally = self[company] = Tally(self._as_of, self._policy)
        return tally

    def add(self, standing: Standing) -> None:
        """Counts a promise with those of its company."""
        self[standing.company].add((standing,))


def rows_of_all(reader: Reader, now: Timestamp, policy: Policy) -> ScoreRows:
    """All rows from nothing, by the promises in the database."""
    nothing = Book()
    folded = {}
    for company in reader.heads():
        folded[company] = (nothing, counted(reader.standings_of(company), now, policy))
    return _updated(folded, None, policy)


def books_of(rows: ScoreRows) -> dict[Address, Book]:
    """The same rows, to be looked up."""
    books: dict[Address, Book] = defaultdict(Book)
    for company, own in rows.items():
        books[company].put(own)
    return books


def _updated(changed: Mapping[Address, tuple[Lookup, Shares]], reader: Reader | None, policy: Policy) -> ScoreRows:
    found: ScoreRows = {}
    together = Shares()
    for company, (rows, shares) in changed.items():
        found[company] = update(rows, shares, policy)
        before = rows.get(found[company])
        together.add(peers_shares(before, found[company]))
    market: Lookup = reader.rows_of(MARKET) if reader else Book()
    found[MARKET] = update(market, together, policy)
    return found
