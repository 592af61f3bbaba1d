"""Who confirms whose promises: the rings that companies may form."""

from __future__ import annotations

from ledger.decoding import decode
from ledger.events import Confirmed
from ledger.promises import signer_hash
from ledger.scoring.collusion import Ring, ring
from ledger.store.reading import Reader
from ledger.units import Address, BlockNumber


def ring_of(reader: Reader, company: Address, until: BlockNumber) -> Ring:
    """The ring of confirmations that a company stands in, by the log up to a block.

    Delegates don't stand for their companies here: anybody may appoint somebody else's customer, and would so draw
    others into a ring.
    """
    accounts = {signer_hash(address): address for address in reader.heads()}
    graph: dict[Address, set[Address]] = {}
    for log in reader.logs_of_kind(Confirmed, until):
        witness = accounts.get(decode(log).actor)
        if witness is not None and witness != log.company:
            graph.setdefault(log.company, set()).add(witness)
    return ring(graph, company)
