"""The small types that carry meaning: addresses, ids, digests, block numbers, times, parts per million."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NewType

from eth_hash.backends import pysha3
from eth_hash.main import Keccak256
from eth_utils.address import is_checksum_address, to_checksum_address

from ledger.errors import InvalidAddress, InvalidData, InvalidDigest, InvalidPromiseId, InvalidQuantity, InvalidTime

Address = NewType("Address", bytes)
"""An account: 20 bytes."""

PromiseId = NewType("PromiseId", bytes)
"""The EIP-712 struct hash of a promise: 32 bytes."""

Digest = NewType("Digest", bytes)
"""keccak256 of something: 32 bytes."""

BlockNumber = NewType("BlockNumber", int)

Timestamp = NewType("Timestamp", int)
"""Unix seconds, by the chain's clock."""

Ppm = NewType("Ppm", int)
"""Parts per million, from 0 to 1,000,000. How it was rounded is said where it is made."""

WHOLE = Ppm(1_000_000)

MAX_QUANTITY = 2**63 - 1
"""What a database's integer holds."""

MOST_NUMBER = 2**53 - 1
"""What every reader of JSON tells from its neighbours (RFC 8259, section 6)."""

FAR_FUTURE = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
"""The last day that calendars of most programs hold; a promise may be due long after it."""

_QUANTITY = re.compile("0x[0-9a-fA-F]+")
_DATA = re.compile("0x([0-9a-fA-F]{2})*")

ZERO_DIGEST = Digest(bytes(32))
ZERO_ADDRESS = Address(bytes(20))


# Three times as fast as what eth-hash chooses by itself.
_keccak = Keccak256(pysha3.backend)


def digest_of(content: bytes) -> Digest:
    """keccak256 of `content`."""
    return Digest(_keccak(content))


def parse_address(text: str) -> Address:
    """Reads an address; one in mixed case must have a right EIP-55 checksum. Raises InvalidAddress."""
    digits = _hex_bytes(text, 20)
    if digits is None or not (text[2:] in (text[2:].lower(), text[2:].upper()) or is_checksum_address(text)):
        raise InvalidAddress(text)
    return Address(digits)


def parse_promise_id(text: str) -> PromiseId:
    """Reads a promise's id. Raises InvalidPromiseId."""
    digits = _hex_bytes(text, 32)
    if digits is None:
        raise InvalidPromiseId(text)
    return PromiseId(digits)


def parse_digest(text: str) -> Digest:
    """Reads a digest. Raises InvalidDigest."""
    digits = _hex_bytes(text, 32)
    if digits is None:
        raise InvalidDigest(text)
    return Digest(digits)


def parse_quantity(text: Any) -> int:
    """Reads a JSON-RPC quantity that fits 63 bits, which every block number and time does. Raises InvalidQuantity."""
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text) or int(text, 16) > MAX_QUANTITY:
        raise InvalidQuantity(str(text)[:80])
    return int(text, 16)


def parse_bytes(text: Any) -> bytes:
    """Reads JSON-RPC data of any length. Raises InvalidData."""
    if not isinstance(text, str) or not _DATA.fullmatch(text):
        raise InvalidData(str(text)[:80])
    return bytes.fromhex(text[2:])


def parse_time(text: str) -> Timestamp:
    """Reads a moment in ISO 8601, with its offset; parts of a second are dropped. Raises InvalidTime."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise InvalidTime(text)
        return Timestamp(int(moment.timestamp()))
    except (ValueError, OverflowError) as error:
        raise InvalidTime(text) from error


def show_address(address: Address) -> str:
    """The address with its EIP-55 checksum."""
    return to_checksum_address(address)


def show_hex(value: bytes) -> str:
    """0x and hexadecimal digits."""
    return "0x" + value.hex()


def show_time(time: Timestamp) -> str:
    """A time of the chain's clock to the minute, in UTC."""
    if time > FAR_FUTURE:
        return "after the year 9999"
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"


def _hex_bytes(text: Any, length: int) -> bytes | None:
    if not isinstance(text, str) or len(text) != 2 + 2 * length or not _DATA.fullmatch(text):
        return None
    return bytes.fromhex(text[2:])
