"""Block headers: a block's hash is keccak256 of its header's RLP, so none of it can be made up (Yellow Paper, 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rlp

from ledger.units import Digest, digest_of, parse_bytes

FIELDS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    # By fork: London; Shanghai; Cancun, three; Prague. Each block has those of its fork and of all before.
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
)
"""In the order of the header, by the names of JSON-RPC."""

_FORKS = 15
"""Where the fields begin that not every block has."""

QUANTITIES = {
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "baseFeePerGas",
    "blobGasUsed",
    "excessBlobGas",
}


def header_hash(header: Mapping[str, Any]) -> Digest:
    """The hash of the block with this header, as JSON-RPC gives it. Raises KeyError, InvalidData, ValueError."""
    return digest_of(encode_header(header))


def encode_header(header: Mapping[str, Any]) -> bytes:
    """The header's RLP. Raises as `header_hash` does."""
    present = [*FIELDS[:_FORKS], *(name for name in FIELDS[_FORKS:] if header.get(name) is not None)]
    content: bytes = rlp.encode([_encoded(name, header[name]) for name in present])
    return content


def _encoded(name: str, value: Any) -> bytes:
    if name in QUANTITIES:
        number = int(value, 16)
        return number.to_bytes((number.bit_length() + 7) // 8, "big")
    return parse_bytes(value)
