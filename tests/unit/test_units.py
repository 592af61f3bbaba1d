"""Addresses, ids and digests are read strictly."""

import pytest

from ledger.errors import InvalidAddress, InvalidDigest, InvalidPromiseId
from ledger.units import parse_address, parse_digest, parse_promise_id, show_address, show_hex

CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # from EIP-55


@pytest.mark.parametrize("text", [CHECKSUMMED, CHECKSUMMED.lower(), "0x" + CHECKSUMMED[2:].upper()])
def test_an_address_is_read_in_any_case_that_has_a_right_checksum(text: str) -> None:
    assert show_address(parse_address(text)) == CHECKSUMMED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        CHECKSUMMED[:-1],
        CHECKSUMMED + "0",
        CHECKSUMMED[2:],
        "0X" + CHECKSUMMED[2:],
        CHECKSUMMED.replace("5aA", "5AA"),
        "0x" + "g" * 40,
        "0x" + " f" * 20,
    ],
)
def test_what_is_not_an_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        parse_address(text)
    assert repr(text) in str(caught.value)


def test_ids_and_digests_are_32_bytes() -> None:
    text = "0x" + "ab" * 32
    assert show_hex(parse_promise_id(text)) == show_hex(parse_digest(text)) == text
    with pytest.raises(InvalidPromiseId):
        parse_promise_id(text[:-2])
    with pytest.raises(InvalidDigest):
        parse_digest(text + "00")
