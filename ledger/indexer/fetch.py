"""Fetching the final part of the log: ranges of blocks, several at once, given in their order.

Ranges are sized by the events they hold. What a node refuses to give at once is asked for in parts. With a quorum,
whatever is fetched is what as many nodes say alike.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ledger.chain.contract import heads
from ledger.chain.deployment import Deployment
from ledger.chain.logs import may_hold, read_logs
from ledger.chain.node import Node
from ledger.chain.nodes import Nodes
from ledger.errors import (
    Contradiction,
    InvalidSettings,
    LogsMissing,
    MalformedLog,
    NodeRefused,
    NodesDisagree,
    NodeUnreachable,
    QuorumMissing,
)
from ledger.events import Header, Log
from ledger.indexer.follow import Finality, Range
from ledger.indexer.notices import NodeDistrusted, NodeFailed, Tell
from ledger.units import Address, BlockNumber, Digest, show_hex

T = TypeVar("T")

EVENTS_PER_RANGE = 5000
FIRST_BLOCKS = 20
GROWTH = 8
"""How many times as many blocks a range may have as the one before."""
TRIES = 4
"""How often a node fails in a row, for each node, before that is said."""
PATIENCE_S = 3.0
PATIENCE = 4
"""How many times the usual time a node may take, and `PATIENCE_S` at least, before another is asked too."""

_TOO_MANY = re.compile(r"more than|too (many|large|wide|big)|exceed|range|limit", re.IGNORECASE)
_RATE = re.compile(r"\b429\b|\brate\b|too many requests|per second|capacity", re.IGNORECASE)
_SUGGESTED = re.compile(r"\[\s*(0x[0-9a-fA-F]+)\s*,\s*(0x[0-9a-fA-F]+)\s*\]")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A range of the log, and who gave it. Two are equal where two nodes gave the same."""

    node: Node = field(compare=False)
    first: Header
    last: Header
    logs: list[Log]
    heads: dict[Address, Digest] | None = field(compare=False)
    """What the contract held after the last block, of companies known then; None where the node does not say."""


class Fetcher:
    """Fetches ranges from several nodes, up to `ahead` at once; in this thread if that is one.

    With a `quorum` above one, all is had from as many nodes, and must be the same.
    """

    def __init__(self, nodes: Nodes, deployment: Deployment, blocks: int, ahead: int, quorum: int, tell: Tell) -> None:
        if quorum > len(nodes.all):
            raise InvalidSettings(f"TROTH_QUORUM={quorum}, but TROTH_RPC_URL names {len(nodes.all)} nodes")
        self._nodes = nodes
        self._deployment = deployment
        self._limit = self._most = blocks
        self._blocks = min(blocks, FIRST_BLOCKS)
        self._ahead = ahead
        self._window = float(ahead)
        self._quorum = quorum
        self._tell = tell
        self._usual_s = 0.0
        self._verified: set[int] = set()
        self._companies: set[Address] = set()

    def ready(self, node: Node) -> Node:
        """A node, once it is known to serve the ledger. Raises WrongChain, NoContract, WrongCode."""
        if id(node) not in self._verified:
            try:
                self._deployment.verify(node)
            except Contradiction as error:
                self.blame(node, error)
                raise
            self._verified.add(id(node))
        return node

    def blame(self, node: Node, error: Contradiction) -> None:
        """Leaves a node alone, unless it is known that the answer which contradicts was another's."""
        if not error.blamed:
            error.blamed = True
            self._distrust(node, error.what)

    def ranges(self, blocks: Range, companies: Iterable[Address]) -> Iterator[Fetched]:
        """A range in parts, in their order, with the heads of `companies` and of those that are met on the way. Raises
        what the last node that was asked raised.
        """
        self._companies.update(companies)
        if self._ahead == 1:
            first = blocks.first
            while first <= blocks.last:
                for fetched in self._fetch(self._part(first, blocks.last)):
                    yield self._sized(fetched)
                    first = BlockNumber(fetched.last.number + 1)
            return
        threads = ThreadPoolExecutor(self._ahead + 1)
        try:
            yield from self._ahead_of(blocks, threads)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _ahead_of(self, blocks: Range, threads: ThreadPoolExecutor) -> Iterator[Fetched]:
        pending: deque[tuple[Range, Future[list[Fetched]]]] = deque()
        first = blocks.first
        while first <= blocks.last or pending:
            while first <= blocks.last and len(pending) < self._window:
                part = self._part(first, blocks.last)
                pending.append((part, threads.submit(self._fetch, part)))
                first = BlockNumber(part.last + 1)
            part, future = pending.popleft()
            for fetched in self._soonest(part, future, threads):
                yield self._sized(fetched)

    def _soonest(self, part: Range, future: Future[list[Fetched]], threads: ThreadPoolExecutor) -> list[Fetched]:
        """What a request brings; where it takes long and there is another node, the same from there if it is sooner."""
        patience = max(PATIENCE_S, PATIENCE * self._usual_s)
        if len(self._nodes.all) > 1 and not wait([future], patience).done:
            other = threads.submit(self._fetch, part)
            wait([future, other], return_when=FIRST_COMPLETED)
            if other.done() and other.exception() is None:
                return other.result()
        return future.result()

    def _part(self, first: BlockNumber, last: BlockNumber) -> Range:
        return Range(first, BlockNumber(min(last, first + self._blocks - 1)))

    def _sized(self, fetched: Fetched) -> Fetched:
        blocks = fetched.last.number - fetched.first.number + 1
        fitting = blocks * EVENTS_PER_RANGE // max(1, len(fetched.logs))
        self._blocks = max(1, min(fitting, GROWTH * self._blocks, self._most))
        self._window = min(float(self._ahead), self._window + 1 / self._window)
        return fetched

    def child(self, node: Node, block: Header) -> list[Log]:
        """The logs of a block that a node has, by its hash. Raises MalformedLog, LogsMissing, QuorumMissing,
        NodesDisagree, and as the node does.
        """
        return self._agreed(
            node, self._logs_of(node, block), lambda other: self._same_block(other, block), block, block
        )

    def final(self, node: Node, number: BlockNumber, finality: Finality) -> BlockNumber:
        """The last block that is final for as many nodes as the quorum, of which one said `number`. Raises
        QuorumMissing.
        """
        told = {node: number}
        while len(told) < self._quorum:
            told |= [self._another(told, lambda other: self._final(other, finality))]
        return min(told.values())

    def _final(self, node: Node, finality: Finality) -> BlockNumber:
        with self._nodes.asking(node):
            tagged = self.ready(node).block(finality.tag)
        return finality.of(tagged.number) if tagged else BlockNumber(0)

    def _same_block(self, node: Node, block: Header) -> list[Log]:
        """The logs of a block by a node that may not have it: some that don't say so have no logs of it."""
        with self._nodes.asking(node):
            if self.ready(node).block(block.number) != block:
                raise NodeRefused(node.url, "eth_getBlockByNumber", f"it does not have block {show_hex(block.hash)}")
        return self._logs_of(node, block)

    def _logs_of(self, node: Node, block: Header) -> list[Log]:
        if not may_hold(block, self._deployment.address):
            return []
        with self._nodes.asking(node):
            raw = node.logs_of(self._deployment.address, block.hash)
        if not raw and self._emitted(node, block):
            missing = LogsMissing(node.url, block.number)
            self.blame(node, missing)
            raise missing
        return self._read(node, raw, block, block)

    def _emitted(self, node: Node, block: Header) -> bool:
        """Whether a block whose Bloom filter allows for the ledger has logs of it, where a node gives receipts."""
        with suppress(NodeRefused):
            return node.emitted(self._deployment.address, block.hash)
        return False

    def _read(self, node: Node, raw: list[dict[str, Any]], first: Header, last: Header) -> list[Log]:
        headers = (first, last) if first.number != last.number else (last,)
        try:
            return read_logs(raw, self._deployment.address, first.number, last.number, headers)
        except MalformedLog as error:
            self.blame(node, error)
            raise

    def _fetch(self, part: Range) -> list[Fetched]:
        failures = 0
        while True:
            node = self._nodes.next()
            try:
                fetched = self._ask(node, part)
            except (NodeRefused, NodeUnreachable) as error:
                # Too much at once: fewer from now on.
                self._window = max(1.0, self._window / 2)
                if isinstance(error, NodeRefused) and (parts := self._smaller(part, error.why)):
                    return [fetched for smaller in parts for fetched in self._fetch(smaller)]
                self._tell(NodeFailed(node.url, error.what))
                failures += 1
                if failures >= TRIES * len(self._nodes.all):
                    raise
            except Contradiction:
                if not self._nodes.trusted:
                    raise
            else:
                return [self._agreed(node, fetched, lambda other: self._ask(other, part), fetched.first, fetched.last)]

    def _ask(self, node: Node, part: Range) -> Fetched:
        began = time.monotonic()
        with self._nodes.asking(node):
            first, last, raw = self.ready(node).logs(self._deployment.address, part.first, part.last)
            if first is None or last is None:
                lacking = part.first if first is None else part.last
                raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {lacking}")
        logs = self._read(node, raw, first, last)
        self._companies.update({log.company for log in logs})
        found = self._heads(node, last.number)
        self._usual_s = 0.8 * self._usual_s + 0.2 * (time.monotonic() - began)
        return Fetched(node, first, last, logs, found)

    def _heads(self, node: Node, block: BlockNumber) -> dict[Address, Digest] | None:
        companies = list(self._companies)
        try:
            return dict(zip(companies, heads(node, self._deployment.address, companies, block), strict=True))
        except NodeRefused:
            return None

    def _agreed(self, node: Node, answer: T, ask: Callable[[Node], T], first: Header, last: Header) -> T:
        """What as many nodes as the quorum answer alike; whoever said otherwise is not asked any more."""
        told = [(node, answer)]
        while sum(other == told[-1][1] for _, other in told) < self._quorum:
            try:
                told.append(self._another(dict(told), ask))
            except QuorumMissing:
                for other, said in told[1:]:
                    if said != answer:
                        raise NodesDisagree(node.url, other.url, first.number, last.number) from None
                raise
        for other, said in told:
            if said != told[-1][1]:
                why = f"{self._quorum} others have different logs in blocks {first.number} to {last.number}"
                self._distrust(other, why)
        return told[-1][1]

    def _another(self, asked: Collection[Node], ask: Callable[[Node], T]) -> tuple[Node, T]:
        """What one more node answers. Raises QuorumMissing if there is none, or none that can."""
        failures = 0
        while failures < TRIES * len(self._nodes.all) and (other := self._nodes.other(asked)):
            try:
                return other, ask(other)
            except Contradiction:
                continue
            except (NodeRefused, NodeUnreachable) as error:
                self._tell(NodeFailed(other.url, error.what))
                failures += 1
        raise QuorumMissing(self._quorum, len(self._nodes.all))

    def _distrust(self, node: Node, why: str) -> None:
        self._nodes.distrust(node)
        self._tell(NodeDistrusted(node.url, why))

    def _smaller(self, part: Range, said: str) -> list[Range]:
        """The parts to ask for instead, by what a node said when it refused; none if that was not about their size."""
        count = part.last - part.first + 1
        if not _TOO_MANY.search(said) or _RATE.search(said):
            return []
        if count == 1:
            # That can't be about size, nor can what made it so small have been: a quota, by the words of a limit.
            self._most = self._limit
            return []
        suggested = _SUGGESTED.search(said)
        end = (
            int(suggested[2], 16) if suggested and int(suggested[1], 16) == part.first else part.first + count // 2 - 1
        )
        if not part.first <= end < part.last:
            end = part.first + count // 2 - 1
        self._blocks = self._most = max(1, end - part.first + 1)
        return [Range(part.first, BlockNumber(end)), Range(BlockNumber(end + 1), part.last)]
