"""A block's header and its receipts, with as little in them as a proof needs."""

from __future__ import annotations

from typing import Any

from ledger.units import digest_of, show_hex

HEADER: list[bytes] = [
    *[digest_of(b"%d" % number) for number in range(2)],
    bytes(20),
    *[digest_of(b"%d" % number) for number in range(3, 6)],
    bytes(256),
    b"",
    b"\x05",
    b"\x01\xc9\xc3\x80",
    b"\x52\x08",
    b"\x65\x00\x00\x00",
    b"geth",
    bytes(32),
    bytes(8),
    b"\x07",
    digest_of(b"withdrawals"),
    b"",
    b"",
    bytes(32),
    digest_of(b"requests"),
]


def receipt(kind: int = 2, status: int = 1, logs: int = 1) -> dict[str, Any]:
    """As a node gives it."""
    log = {"address": "0x" + "1e" * 20, "topics": [show_hex(digest_of(b"topic"))], "data": "0x0102"}
    return {
        "type": hex(kind),
        "status": hex(status),
        "cumulativeGasUsed": "0x5208",
        "logsBloom": "0x" + "00" * 256,
        "logs": [log] * logs,
    }
