"""What to do next, given how far the index is and what the chain says. Pure: no input or output.

Up to the final block, ranges are fetched by number. Above it, one block after another by its hash, each the child of
the one before; what the chain gives up there is undone, back to the last block that both have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.errors import ChainDiverged
from ledger.events import Block, Header
from ledger.units import BlockNumber, Digest, show_hex

Tag = Literal["latest", "safe", "finalized"]


@dataclass(frozen=True, slots=True)
class Finality:
    """From where on nothing changes any more, by what the chain's own rules give."""

    tag: Tag = "finalized"
    """The node's tag of the last final block."""
    depth: int = 0
    """How many blocks before that one."""

    @classmethod
    def parse(cls, text: str) -> Finality:
        """Reads a tag, or a number: that many blocks below the latest. Raises ValueError if it is neither."""
        match text:
            case "latest" | "safe" | "finalized":
                return cls(text)
        return cls("latest", int(text))

    def of(self, tagged: BlockNumber) -> BlockNumber:
        """The last final block, given the number of the block with the tag."""
        return BlockNumber(max(0, tagged - self.depth))


@dataclass(frozen=True, slots=True)
class Range:
    """Final blocks to fetch by number, both ends included."""

    first: BlockNumber
    last: BlockNumber


@dataclass(frozen=True, slots=True)
class Child:
    """The next block, to fetch by its hash: it may still be given up."""

    block: Header


@dataclass(frozen=True, slots=True)
class Rewind:
    """The chain has given up the last block indexed."""


Step = Range | Child | Rewind


def next_step(
    indexed: Block, here: Header | None, child: Header | None, final: BlockNumber, last: BlockNumber
) -> Step | None:
    """What to do next; None to wait.

    `here` and `child` are what the chain has now at the number of the last block indexed, and after it. A node that is
    behind the index has no such block, and is waited for: that it has less is no sign that anything was given up.
    Nothing after the block `last` is asked for.
    """
    if here is None:
        return None
    if here.hash != indexed.hash:
        return Rewind()
    if indexed.number < final:
        return Range(BlockNumber(indexed.number + 1), BlockNumber(min(final, last))) if indexed.number < last else None
    if indexed.number >= last or child is None or child.parent != indexed.hash:
        # A node that changes its mind between two answers is asked again.
        return None
    return Child(child)


def common(recent: Sequence[Block], on_chain: Mapping[BlockNumber, Digest], final: BlockNumber) -> Block:
    """The last block that both the index and the chain have, by what the chain has at the numbers of `recent`.

    Raises ChainDiverged if that is before `final`, which the chain's rules exclude: a person has to decide.
    """
    for block in reversed(recent):
        if block.number >= final and on_chain.get(block.number) == block.hash:
            return block
    oldest = next(block for block in recent if block.number >= final)
    theirs = on_chain.get(oldest.number)
    raise ChainDiverged(oldest.number, show_hex(oldest.hash), show_hex(theirs) if theirs else "none")


class Pause:
    """How long to wait before the chain is asked again: a part of the time that its blocks take."""

    PART = 8
    SHORTEST_S = 0.1
    LONGEST_S = 2.0

    def __init__(self) -> None:
        self._last: Block | None = None
        self.seconds = self.SHORTEST_S

    def saw(self, block: Block) -> None:
        """The index has come to a block."""
        if self._last is not None and block.number > self._last.number:
            each = (block.time - self._last.time) / (block.number - self._last.number)
            self.seconds = min(self.LONGEST_S, max(self.SHORTEST_S, each / self.PART))
        self._last = block
