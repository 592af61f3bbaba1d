"""What we would have signed is what wallets sign, and what the contract checks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from ledger.events import Matter
from ledger.promises import promise_id
from ledger.signing import ACTIONS, Domain, Value, digest_to_sign, encode_type, struct_hash, typed_data
from ledger.units import Address, digest_of
from tests.support.build import CHAIN_ID, COMPANY, CONTRACT, a_promise
from tests.support.signing import messages, values

TYPED = Path(__file__).parents[2] / "contracts" / "libraries" / "Typed.sol"
DOMAIN = Domain(CHAIN_ID, CONTRACT)
DOMAINS = st.builds(Domain, st.integers(0, 2**63), values("address").map(Address))


def digest_by_eth_account(data: dict[str, Any]) -> bytes:
    signable = encode_typed_data(full_message=data)
    return digest_of(b"\x19" + signable.version + signable.header + signable.body)


@pytest.mark.parametrize("action", ACTIONS)
@given(data=st.data(), domain=DOMAINS)
def test_a_wallet_signs_the_same_digest(action: str, data: st.DataObject, domain: Domain) -> None:
    message = data.draw(messages(action))
    shown = json.loads(json.dumps(typed_data(domain, action, message)))
    assert digest_by_eth_account(shown) == digest_to_sign(domain, action, message)


def test_the_types_are_the_contract_s() -> None:
    """All of them, each to the letter."""
    constants = re.findall(r"bytes32 internal constant \w+_TYPEHASH\s*=\s*keccak256\((.*?)\);", TYPED.read_text(), re.S)
    written = {"".join(re.findall(r'"([^"]*)"', constant)) for constant in constants}
    ours = {encode_type(action) for action in ACTIONS}
    assert ours < written
    assert {text.partition("(")[0] for text in written - ours} == {"Promise", "EIP712Domain"}


def test_a_wallet_shows_the_whole_promise_and_the_matter_in_words() -> None:
    promise = a_promise(nonce=2**64 - 1)
    shown = typed_data(DOMAIN, "Confirm", {"promise": promise, "matter": Matter.FULFILMENT, "rating": 5})
    assert shown["primaryType"] == "Confirm"
    assert list(shown["types"]) == ["EIP712Domain", "Confirm", "Promise"]
    assert shown["message"]["matter"] == "fulfilment"
    assert shown["message"]["promise"]["nonce"] == "18446744073709551615"
    assert shown["message"]["promise"]["service"] == "0x" + promise.service.hex()
    assert len(shown["message"]["promise"]) == 12


def test_a_type_without_a_promise_names_none() -> None:
    message: dict[str, Value] = {"company": COMPANY, "profile": bytes(32), "uri": "", "nonce": 0, "deadline": 0}
    assert list(typed_data(DOMAIN, "Register", message)["types"]) == ["EIP712Domain", "Register"]


def test_the_promise_s_id_stands_for_it() -> None:
    promise = a_promise()
    by_hand = digest_of(digest_of(encode_type("Make").encode()) + promise_id(promise))
    assert struct_hash("Make", {"promise": promise}) == by_hand


def test_no_two_signatures_mean_the_same() -> None:
    promise, other = a_promise(), a_promise(nonce=1)
    confirm: dict[str, Value] = {"promise": promise, "matter": Matter.FULFILMENT, "rating": 5}
    digests = [
        digest_to_sign(DOMAIN, "Confirm", confirm),
        digest_to_sign(DOMAIN, "Confirm", confirm | {"matter": Matter.REMEDY}),
        digest_to_sign(DOMAIN, "Confirm", confirm | {"rating": 4}),
        digest_to_sign(DOMAIN, "Confirm", confirm | {"promise": other}),
        digest_to_sign(Domain(1, CONTRACT), "Confirm", confirm),
        digest_to_sign(Domain(CHAIN_ID, COMPANY), "Confirm", confirm),
        digest_to_sign(DOMAIN, "Amend", {"from": promise, "to": other, "consented": True}),
        digest_to_sign(DOMAIN, "Amend", {"from": promise, "to": other, "consented": False}),
        digest_to_sign(DOMAIN, "Amend", {"from": other, "to": promise, "consented": False}),
        digest_to_sign(DOMAIN, "ConsentToAmend", {"from": promise, "to": other}),
    ]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize(
    "action, message",
    [
        ("Make", {}),
        ("Make", {"promise": a_promise(), "rating": 5}),
        ("Make", {"promise": promise_id(a_promise())}),
        ("Confirm", {"promise": a_promise(), "matter": "fulfillment", "rating": 5}),
        ("Confirm", {"promise": a_promise(), "matter": Matter.FULFILMENT, "rating": 256}),
        ("Confirm", {"promise": a_promise(), "matter": Matter.FULFILMENT, "rating": -1}),
        ("Fulfil", {"promise": a_promise(), "evidence": b"short"}),
        ("Rule", {"promise": a_promise(), "upheld": 1, "ruling": bytes(32), "nonce": 0, "deadline": 0}),
        ("Appoint", dict.fromkeys(["company", "delegate", "actions", "until", "nonce", "deadline"], COMPANY)),
        ("Register", {"company": COMPANY, "profile": bytes(32), "uri": 7, "nonce": 0, "deadline": 0}),
    ],
)
def test_what_does_not_fit_its_type_is_not_signed(action: str, message: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=action):
        struct_hash(action, message)
    with pytest.raises(ValueError, match=action):
        typed_data(DOMAIN, action, message)
