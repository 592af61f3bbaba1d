"""What an index tells whoever runs it, as it goes: for a bar of progress, a log, metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.events import Block
from ledger.units import BlockNumber


@dataclass(frozen=True, slots=True)
class Extended:
    """A step was stored."""

    block: Block
    """The last block indexed."""
    target: BlockNumber
    """The block to reach: the chain's latest, or the one to stop at."""
    events: int
    """How many the step added."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """All that the chain has is indexed, and all heads agree."""

    block: Block
    final: BlockNumber


@dataclass(frozen=True, slots=True)
class Rewound:
    """What stood on blocks that the chain has given up, or on a node's false answers, was undone."""

    before: BlockNumber
    after: BlockNumber
    why: str


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """A node did not answer, or refused to; another is asked, or the same later."""

    url: str
    why: str


@dataclass(frozen=True, slots=True)
class NodeDistrusted:
    """A node gave an answer that can't be true, and is not asked any more for long."""

    url: str
    why: str


Notice = Extended | CaughtUp | Rewound | NodeFailed | NodeDistrusted
Tell = Callable[[Notice], None]
