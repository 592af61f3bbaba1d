"""Logs from a node's JSON: of one contract and some blocks, in the chain's order, and nothing else accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from eth_bloom.bloom import BloomFilter

from ledger.chain.node import Node
from ledger.decoding import log_of
from ledger.errors import InvalidInput, InvalidProof, MalformedLog, NodeRefused
from ledger.events import ASIDE, Block, Header, Log, Position
from ledger.proofs.anchors import ANCHORED, Anchored, read_anchored
from ledger.proofs.blocks import encode_receipt, logs_of, read_header, receipts_proof
from ledger.units import (
    FAR_FUTURE,
    MAX_QUANTITY,
    Address,
    BlockNumber,
    Digest,
    Timestamp,
    digest_of,
    parse_bytes,
    parse_digest,
    parse_quantity,
    show_hex,
)


@dataclass(frozen=True, slots=True)
class PlacedAnchor:
    """An anchor, and where in the chain it stands."""

    anchored: Anchored
    at: Position

    @property
    def place(self) -> tuple[BlockNumber, int]:
        """What orders anchors."""
        return self.at.block, self.at.log_index


def read_logs(
    raw: Iterable[dict[str, Any]], contract: Address, first: BlockNumber, last: BlockNumber, known: Iterable[Block] = ()
) -> list[Log]:
    """Reads a contract's logs of some blocks from a node's JSON, into the chain's order; those that no company's chain
    holds are left out. Raises MalformedLog, also where a log is another contract's, stands elsewhere than in these
    blocks, twice, or in a block of another hash or time than the block that is `known`, or than its neighbours'.
    """
    reading = _Reading(contract, first, last, {block.number: (block.hash, block.time) for block in known})
    logs = sorted(log for entry in raw if (log := reading.read(entry)) is not None)
    for one, other in pairwise(logs):
        if one[:2] == other[:2]:
            raise MalformedLog(other.block, other.log_index, "another log stands at the same place")
    return logs


def anchors(
    node: Node,
    contract: Address,
    companies: Iterable[Address],
    first: BlockNumber,
    progress: Callable[[int, int], None],
) -> list[PlacedAnchor]:
    """The anchors of companies from a block on, as a node tells: no hash chain holds them, so it may leave some out.

    Of what it does not give at once, half is asked for, and as much from then on; `progress` is called with how many
    blocks are done then, and how many there are. Raises MalformedLog, and what a node raises.
    """
    latest = node.block("latest")
    if latest is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", "it has no latest block")
    topics = [show_hex(ANCHORED), [show_hex(bytes(12) + company) for company in companies]]
    found, start = [], first
    total = at_once = latest.number - first + 1
    while start <= latest.number:
        end = BlockNumber(min(start + at_once - 1, latest.number))
        try:
            found += [_anchor(raw, contract) for raw in node.logs_about(contract, topics, start, end)]
        except NodeRefused:
            if start == end:
                raise
            at_once = (end - start + 1) // 2
        else:
            start = BlockNumber(end + 1)
        if at_once < total:
            progress(start - first, total)
    return sorted(found, key=lambda each: each.place)


def proving_block(node: Node, contract: Address, anchor: PlacedAnchor) -> Digest | None:
    """The hash of the block whose receipts hold an anchor where it is said to be, by what a node gives of that block.

    None where they don't. Raises NodeRefused.
    """
    header, receipts = node.sealed(anchor.at.block)
    with node.understanding("eth_getBlockReceipts"):
        places = [parse_digest(receipt["transactionHash"]) for receipt in receipts]
        root, _ = receipts_proof([encode_receipt(receipt) for receipt in receipts], 0)
        if root != read_header(header).receipts or anchor.at.transaction not in places:
            return None
        for log in logs_of(encode_receipt(receipts[places.index(anchor.at.transaction)])):
            with suppress(InvalidProof):
                if log.address == contract and read_anchored(log.topics, log.data) == anchor.anchored:
                    return digest_of(header)
        return None


def _anchor(raw: dict[str, Any], contract: Address) -> PlacedAnchor:
    try:
        block, index = BlockNumber(parse_quantity(raw["blockNumber"])), parse_quantity(raw["logIndex"])
        if parse_bytes(raw["address"]) != contract:
            raise MalformedLog(block, index, f"{raw['address']} emitted it")
        read = read_anchored([parse_digest(topic) for topic in raw["topics"]], parse_bytes(raw["data"]))
        time = Timestamp(parse_quantity(raw["blockTimestamp"]))
        if time > FAR_FUTURE:
            # What it would have to say takes as long to compute.
            raise MalformedLog(block, index, f"its time is {time}")
        return PlacedAnchor(read, Position(block, index, parse_digest(raw["transactionHash"]), time))
    except (InvalidInput, InvalidProof, AttributeError, KeyError, TypeError) as error:
        raise MalformedLog(0, 0, f"it is no anchor ({error!r})") from error


class _Reading:
    """What one answer of a node has said of its blocks so far."""

    def __init__(
        self, contract: Address, first: BlockNumber, last: BlockNumber, known: dict[BlockNumber, tuple[Digest, int]]
    ) -> None:
        self._contract = show_hex(contract)
        self._first = first
        self._last = last
        self._known = known
        self._blocks: dict[Any, tuple[Any, Any, BlockNumber, Timestamp]] = {}

    def read(self, log: dict[str, Any]) -> Log | None:
        """One log; None where it is none of any company's chain."""
        try:
            block, time = self._block(log)
            index = parse_quantity(log["logIndex"])
            topics, transaction = log["topics"], bytes.fromhex(log["transactionHash"][2:])
            joined, data = bytes.fromhex("".join([topic[2:] for topic in topics])), bytes.fromhex(log["data"][2:])
            if not (len(joined) == 32 * len(topics) and len(transaction) == 32 and 0 <= index <= MAX_QUANTITY):
                raise ValueError("a topic or a hash is not of 32 bytes")
            address = log["address"].lower()
        except (InvalidInput, ValueError, AttributeError, KeyError, TypeError) as error:
            raise MalformedLog(0, 0, f"it can't be read ({error!r})") from error
        if address != self._contract:
            raise MalformedLog(block, index, f"{log['address']} emitted it")
        if log.get("removed"):
            raise MalformedLog(block, index, "the node marks it as removed by a reorganisation")
        return None if joined[:32] in ASIDE else log_of(block, index, time, Digest(transaction), joined, data)

    def _block(self, log: dict[str, Any]) -> tuple[BlockNumber, Timestamp]:
        said, hash_, time = log["blockNumber"], log["blockHash"], log["blockTimestamp"]
        seen = self._blocks.get(said)
        if seen is None:
            number = BlockNumber(parse_quantity(said))
            seen = self._blocks[said] = hash_, time, number, Timestamp(parse_quantity(time))
            if not self._first <= number <= self._last:
                raise MalformedLog(number, 0, f"blocks {self._first} to {self._last} were asked for")
            known = self._known.get(number)
            if known is not None and known != (parse_digest(hash_), seen[3]):
                raise MalformedLog(number, 0, f"its block is {show_hex(known[0])}, and it says {hash_} at {time}")
        if (hash_, time) != seen[:2]:
            raise MalformedLog(seen[2], 0, f"its block has the hash {seen[0]} and the time {seen[1]} in another log")
        return seen[2], seen[3]


def may_hold(header: Header, contract: Address) -> bool:
    """Whether a block may hold logs of a contract: by its Bloom filter, which says it of some that hold none."""
    return bytes(contract) in BloomFilter(int.from_bytes(header.bloom, "big"))
