"""That a log is in a block: from the block's hash over its header and the trie of its receipts to the log.

Every field is read strictly, and what is not known is refused by name: header fields of a fork to come, types of
transactions to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from trie import HexaryTrie

from ledger.errors import InvalidProof
from ledger.events import Block
from ledger.headers import FIELDS, QUANTITIES
from ledger.proofs.trie import Node, decoded, value_in
from ledger.units import FAR_FUTURE, MOST_NUMBER, Address, BlockNumber, Digest, Timestamp, digest_of, parse_bytes

FORKS = {15: "Frontier", 16: "London", 17: "Shanghai", 20: "Cancun", 21: "Prague"}
"""By how many fields a header has, the fork from which on it has them."""

TYPES = (0, 1, 2, 3, 4)
"""Legacy, access list (EIP-2930), dynamic fee (EIP-1559), blob (EIP-4844), set code (EIP-7702)."""

BLOOM = 256
_LENGTHS = {"miner": 20, "logsBloom": BLOOM, "nonce": 8}
_LONGEST = {"difficulty": 32, "baseFeePerGas": 32, "extraData": 32}


@dataclass(frozen=True, slots=True)
class ProvenHeader(Block):
    """A block as its header has it."""

    receipts: Digest
    """The root of the trie of its receipts."""
    state: Digest
    """The root of the trie of all accounts after it."""


@dataclass(frozen=True, slots=True)
class ProvenLog:
    """A log as a receipt has it."""

    address: Address
    topics: tuple[Digest, ...]
    data: bytes


def read_header(content: bytes) -> ProvenHeader:
    """Reads a header from its RLP. Raises InvalidProof."""
    fields = decoded(content)
    if not isinstance(fields, list) or len(fields) not in FORKS:
        count = len(fields) if isinstance(fields, list) else "no"
        raise InvalidProof(f"the header has {count} fields: of a fork that is not known, or none")
    named = {name: _field(name, value) for name, value in zip(FIELDS, fields, strict=False)}
    number = _integer("number", named["number"], MOST_NUMBER)
    # Whoever makes a header up may write any time, and a score as of ages to come takes as long to compute.
    time = _integer("timestamp", named["timestamp"], FAR_FUTURE)
    receipts, state = Digest(named["receiptsRoot"]), Digest(named["stateRoot"])
    return ProvenHeader(BlockNumber(number), digest_of(content), Timestamp(time), receipts, state)


def _field(name: str, value: bytes | Node) -> bytes:
    if not isinstance(value, bytes):
        raise InvalidProof(f"the header's {name} is a list")
    if name in QUANTITIES:
        if value[:1] == b"\0" or len(value) > _LONGEST.get(name, 8):
            raise InvalidProof(f"the header's {name} is 0x{value.hex()}")
    elif name == "extraData":
        if len(value) > _LONGEST[name]:
            raise InvalidProof(f"the header's extraData has {len(value)} bytes")
    elif len(value) != _LENGTHS.get(name, 32):
        raise InvalidProof(f"the header's {name} has {len(value)} bytes")
    return value


def _integer(name: str, value: bytes, most: int) -> int:
    found = int.from_bytes(value, "big")
    if found > most:
        raise InvalidProof(f"the header's {name} is 0x{value.hex()}")
    return found


def log_in(header: ProvenHeader, transaction: int, index: int, nodes: Sequence[bytes]) -> ProvenLog:
    """The log that stands at a place in a transaction of a block. Raises InvalidProof."""
    if transaction < 0 or index < 0:
        raise InvalidProof(f"no log stands at the place {index} of the transaction {transaction}")
    logs = logs_of(value_in(header.receipts, rlp.encode(transaction), nodes))
    if index >= len(logs):
        raise InvalidProof(f"the transaction has {len(logs)} logs, and none at the place {index}")
    return logs[index]


def stored_in(
    header: ProvenHeader, contract: Address, slot: bytes, account: Sequence[bytes], storage: Sequence[bytes]
) -> tuple[Digest, int]:
    """The hash of a contract's code, and what a slot of its storage holds, after a block (Yellow Paper, 4.1). Raises
    InvalidProof, also where the slot holds nothing.
    """
    fields = decoded(value_in(header.state, digest_of(contract), account))
    if not isinstance(fields, list) or len(fields) != 4:
        raise InvalidProof("the account does not have four fields")
    root, code = fields[2:]
    if not (isinstance(root, bytes) and isinstance(code, bytes) and len(root) == len(code) == 32):
        raise InvalidProof("the account's storage or code is no hash")
    value = decoded(value_in(Digest(root), digest_of(slot), storage))
    if not isinstance(value, bytes) or value[:1] == b"\0" or not 0 < len(value) <= 32:
        raise InvalidProof("what the slot holds is no number")
    return Digest(code), int.from_bytes(value, "big")


def logs_of(receipt: bytes) -> list[ProvenLog]:
    """The logs of a transaction that succeeded, by its receipt's bytes. Raises InvalidProof."""
    if receipt[0] < 0x80:
        if receipt[0] not in TYPES[1:]:
            raise InvalidProof(f"the receipt is of a transaction of type {receipt[0]}, which is not known")
        receipt = receipt[1:]
    fields = decoded(receipt)
    if not isinstance(fields, list) or len(fields) != 4:
        raise InvalidProof("the receipt does not have four fields")
    status, gas, bloom, logs = fields
    if status != b"\x01":
        why = "the transaction failed" if status == b"" else "the receipt's status is neither success nor failure"
        raise InvalidProof(why)
    if not isinstance(gas, bytes) or gas[:1] == b"\0" or not 0 < len(gas) <= 8:
        raise InvalidProof("the receipt's gas is no number")
    if not isinstance(bloom, bytes) or len(bloom) != BLOOM or not isinstance(logs, list):
        raise InvalidProof("the receipt has no bloom filter, or no logs")
    return [_log(log) for log in logs]


def _log(log: bytes | Node) -> ProvenLog:
    if not isinstance(log, list) or len(log) != 3:
        raise InvalidProof("a log of the receipt does not have three fields")
    address, topics, data = log
    if not isinstance(address, bytes) or len(address) != 20 or not isinstance(data, bytes) or isinstance(topics, bytes):
        raise InvalidProof("a log of the receipt has no address, topics and data")
    found = tuple(Digest(topic) for topic in topics if isinstance(topic, bytes) and len(topic) == 32)
    if len(found) != len(topics) or len(found) > 4:
        raise InvalidProof("a log of the receipt has a topic that is none")
    return ProvenLog(Address(address), found, data)


# ── making proofs, from what nodes give ─────────────────────────────────────────────────────────────────────────────


def encode_receipt(receipt: Mapping[str, Any]) -> bytes:
    """A receipt's bytes in the trie, from a node's JSON. Raises KeyError, ValueError, InvalidData, InvalidProof."""
    kind = int(receipt.get("type", "0x0"), 16)
    if kind not in TYPES:
        raise InvalidProof(f"the receipt is of a transaction of type {kind}, which is not known")
    if "status" not in receipt:
        raise InvalidProof("the receipt has no status: its block is from before Byzantium")
    logs = [
        [parse_bytes(log["address"]), [parse_bytes(topic) for topic in log["topics"]], parse_bytes(log["data"])]
        for log in receipt["logs"]
    ]
    status, gas = int(receipt["status"], 16), int(receipt["cumulativeGasUsed"], 16)
    content: bytes = rlp.encode([status, gas, parse_bytes(receipt["logsBloom"]), logs])
    return bytes([kind]) * (kind > 0) + content


def receipts_proof(receipts: Sequence[bytes], transaction: int) -> tuple[Digest, list[bytes]]:
    """The root of the trie of a block's receipts, and the nodes from there to one of them."""
    trie = HexaryTrie({})
    for number, receipt in enumerate(receipts):
        trie[rlp.encode(number)] = receipt
    nodes = trie.get_proof(rlp.encode(transaction))
    return Digest(trie.root_hash), [rlp.encode(node) for node in nodes if len(rlp.encode(node)) >= 32]
