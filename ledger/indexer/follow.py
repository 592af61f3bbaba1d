"""What to do next, given how far the index is and what the chain says. Pure: no input or output."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import ChainDiverged
from ledger.events import Block
from ledger.units import BlockNumber, show_hex


@dataclass(frozen=True, slots=True)
class Range:
    """Blocks to fetch, both ends included."""

    first: BlockNumber
    last: BlockNumber


def next_range(indexed: Block, same_on_chain: Block | None, head: Block, step: int) -> Range | None:
    """The blocks to index next, at most `step` of them; None if the index has reached `head`.

    `same_on_chain` is what the chain has now at the number of the last block indexed. A node that is behind the index,
    and so has no such block, is waited for. Raises ChainDiverged if it has another block there.
    """
    if same_on_chain is None:
        return None
    if same_on_chain.hash != indexed.hash:
        raise ChainDiverged(indexed.number, show_hex(indexed.hash), show_hex(same_on_chain.hash))
    if head.number <= indexed.number:
        return None
    return Range(BlockNumber(indexed.number + 1), BlockNumber(min(head.number, indexed.number + step)))
