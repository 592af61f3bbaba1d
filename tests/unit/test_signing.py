"""What is signed is what EIP-712 says, by another implementation of it."""

from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.events import Matter
from ledger.signing import ACTIONS, Message, type_hash
from tests.support.build import CHAIN_ID, CONTRACT
from tests.unit.test_history import promises

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Promise": promises,
    "address": st.binary(min_size=20, max_size=20),
    "bytes32": st.binary(min_size=32, max_size=32),
    "string": st.text(st.characters(exclude_categories=["Cs"])),
    "bool": st.booleans(),
} | {f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (8, 16, 40, 256)}


def messages(action: str) -> st.SearchStrategy[Message]:
    values = [st.sampled_from(Matter) if name == "matter" else VALUES[kind] for name, kind in ACTIONS[action]]
    return st.tuples(*values).map(lambda chosen: Message(action, chosen))


@pytest.mark.parametrize("action", ACTIONS)
@given(data=st.data())
def test_the_digest_is_what_a_wallet_signs(action: str, data: st.DataObject) -> None:
    message = data.draw(messages(action))
    theirs = encode_typed_data(full_message=message.typed_data(CHAIN_ID, CONTRACT))
    assert theirs.body == message.struct_hash
    assert keccak(b"\x19" + theirs.version + theirs.header + theirs.body) == message.digest(CHAIN_ID, CONTRACT)


@given(data=st.data())
def test_a_wallet_s_signature_recovers_to_its_account(data: st.DataObject) -> None:
    message = data.draw(messages("Confirm"))
    account = Account.from_key(b"\x01" * 32)
    signed = Account.sign_typed_data(account.key, full_message=message.typed_data(CHAIN_ID, CONTRACT))
    recovered = Account._recover_hash(message.digest(CHAIN_ID, CONTRACT), signature=signed.signature)
    assert recovered == account.address


def test_no_two_actions_have_one_type() -> None:
    assert len({type_hash(action) for action in ACTIONS}) == len(ACTIONS) == 15
