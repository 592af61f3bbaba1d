"""Scores as of a block that has gone by: everything is computed anew from the log up to there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ledger.chain.node import Node
from ledger.decoding import decode
from ledger.errors import BlockNotIndexed, NodeRefused, UnknownCompany
from ledger.events import Block, Event
from ledger.indexer.project import project
from ledger.outcomes import Standing
from ledger.scoring.explanation import Explanation, explain
from ledger.scoring.policy import Policy
from ledger.scoring.rows import Book
from ledger.scoring.score import Score, score
from ledger.scoring.tallies import fold, peers_shares, update
from ledger.services.companies import CompanyView, find_company, profile_of
from ledger.store.reading import Reader
from ledger.units import Address, BlockNumber

Progress = Callable[[int, int], None]
"""Called with how many events, or blocks, are done, and how many there are."""


def block_at(reader: Reader, node: Node, number: BlockNumber) -> Block:
    """A block that was indexed. Raises BlockNotIndexed, and what a node raises: it may alone know the block's time."""
    cursor = reader.require_cursor()
    if number > cursor.block.number:
        raise BlockNotIndexed(number, cursor.block.number)
    for known in (cursor.block, *reader.recent()):
        if known.number == number:
            return known
    header = node.block(number)
    if header is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {number}")
    return header


def view_at(
    reader: Reader, text: str, block: Block, policy: Policy, explained: bool, progress: Progress
) -> tuple[CompanyView, Explanation | None]:
    """A company by its address or handle of today, scored as of a block, and explained if wanted.

    Raises as `find_company` does, and UnknownCompany where it had not registered by then.
    """
    company = find_company(reader, text)
    standings = standings_at(reader, block, progress)
    if company.address not in standings:
        raise UnknownCompany(f"{text} (as of block {block.number})")
    final = block.number <= reader.require_cursor().final
    found = score_of(standings, company.address, block, policy)
    view = CompanyView(company, profile_of(company), found, block.hash, final)
    return view, explain(standings[company.address], block.time, policy) if explained else None


def standings_at(reader: Reader, block: Block, progress: Progress) -> dict[Address, list[Standing]]:
    """All promises of all companies as they stood after a block."""
    total = reader.event_count()

    def events() -> Iterator[Event]:
        for done, log in enumerate(reader.log()):
            if log.block > block.number:
                break
            if done % 1000 == 0:
                progress(done, total)
            yield decode(log)
        progress(total, total)

    after = project(events(), {}, {})
    found: dict[Address, list[Standing]] = {company: [] for company in after.companies}
    for standing in after.standings.values():
        found[standing.company].append(standing)
    return found


def score_of(standings: Mapping[Address, Sequence[Standing]], company: Address, block: Block, policy: Policy) -> Score:
    """The score of one company among all."""
    market, own = Book(), Book()
    for address, promises in standings.items():
        book = fold(promises, block.time, policy)
        market.put(update(market, peers_shares({}, book.rows), policy))
        own = book if address == company else own
    return score(own, market, block.number, block.time, policy)
