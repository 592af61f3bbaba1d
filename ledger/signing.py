"""What actors sign: the EIP-712 types of the ledger's actions, hashed as the contract's library `Typed` hashes them.

An action is named by its type, and its message maps each field of that type to a value: a promise stands whole, and an
actor by keccak256 of its signer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_keys.constants import SECPK1_N
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError as EthKeysValidationError

from ledger.events import Matter
from ledger.promises import FIELDS, Promise, fits, promise_id, values_of
from ledger.units import Address, Digest, digest_of, parse_address, show_address, show_hex

NAME = "Troth"
VERSION = "1"

_ACCOUNT = re.compile(r"eip155:([1-9][0-9]{0,17}):(0x[0-9a-fA-F]{40})")

Fields = tuple[tuple[str, str], ...]
"""Name and Solidity type of each field, in order."""

Value = Promise | Matter | bytes | int | str
Message = Mapping[str, Value]
"""A value for each field of an action."""

IN_WORDS = {Matter.MISS: "missed", Matter.FULFILMENT: "fulfilment", Matter.REMEDY: "remedy"}
"""What a wallet shows of a matter, and what is signed."""


def _declared(declaration: str) -> tuple[str, Fields]:
    name, _, inside = declaration.removesuffix(")").partition("(")
    return name, tuple((field, kind) for kind, field in (pair.split() for pair in inside.split(",")))


ACTIONS: dict[str, Fields] = dict(
    map(
        _declared,
        (
            "Register(address company,bytes32 profile,string uri,uint256 nonce,uint256 deadline)",
            "Appoint(address company,bytes32 delegate,uint8 actions,uint40 until,uint256 nonce,uint256 deadline)",
            "Make(Promise promise)",
            "Accept(Promise promise)",
            "HandOff(bytes32 actor,Promise promise,uint16 from,uint16 to,uint8 channel,uint256 nonce,uint256 deadline)",
            "Amend(Promise from,Promise to,bool consented)",
            "ConsentToAmend(Promise from,Promise to)",
            "Withdraw(Promise promise,bytes32 reason,bool consented)",
            "ConsentToWithdraw(Promise promise,bytes32 reason)",
            "Fulfil(Promise promise,bytes32 evidence)",
            "Confirm(Promise promise,string matter,uint8 rating)",
            "Dispute(Promise promise,string matter,bytes32 reason)",
            "Answer(Promise promise,bytes32 response,uint256 nonce,uint256 deadline)",
            "Rule(Promise promise,bool upheld,bytes32 ruling,uint256 nonce,uint256 deadline)",
            "Remedy(Promise promise,uint8 kind,bytes32 remedy)",
        ),
    )
)
"""The fields of each type of action, which the contract takes."""

_STATEMENT = (
    "Statement(address company,bytes32 head,bytes32 policy,bytes32 statement,uint256 blockNumber,bytes32 blockHash)"
)
_TYPES = ACTIONS | dict([_declared(_STATEMENT)])
"""With what is signed for readers alone: what somebody states of a company as of a block."""

_DOMAIN_NAME, _DOMAIN = _declared("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature is good: one contract on one chain."""

    chain_id: int
    contract: Address

    @classmethod
    def of(cls, account: str) -> Domain:
        """That of a contract by its CAIP-10 name. Raises ValueError where it is none of an EVM chain."""
        if not (match := _ACCOUNT.fullmatch(account)):
            raise ValueError(f"{account[:80]!r} is not the CAIP-10 name of a contract, such as eip155:560048:0x…")
        return cls(int(match[1]), parse_address(match[2]))

    def separator(self) -> Digest:
        """The EIP-712 domain separator."""
        values = (NAME, VERSION, self.chain_id, self.contract)
        words = (_word(kind, value) for (_, kind), value in zip(_DOMAIN, values, strict=True))
        return digest_of(digest_of(_signature(_DOMAIN_NAME, _DOMAIN).encode()) + b"".join(words))


def encode_type(action: str) -> str:
    """The type as EIP-712 writes it (`encodeType`): its own signature, then the promise's if it holds one."""
    fields = _TYPES[action]
    nested = _signature("Promise", FIELDS) if _holds_promise(fields) else ""
    return _signature(action, fields) + nested


def struct_hash(action: str, message: Message) -> Digest:
    """The EIP-712 struct hash of what is signed (`hashStruct`).

    Raises ValueError where the message has other fields than the type, or a value does not fit its field.
    """
    values = _in_order(action, message)
    words = (_word(kind, value) for (_, kind), value in zip(_TYPES[action], values, strict=True))
    return digest_of(digest_of(encode_type(action).encode()) + b"".join(words))


def digest_to_sign(domain: Domain, action: str, message: Message) -> Digest:
    """What a key signs (EIP-712, `encode`), and what is a passkey's challenge. Raises ValueError as `struct_hash`."""
    return digest_of(b"\x19\x01" + domain.separator() + struct_hash(action, message))


def signer_of(digest: Digest, signature: bytes) -> Address:
    """Whose account signed (EIP-191, ECDSA over secp256k1). Raises ValueError where nobody can have.

    Of the two signatures that always fit, the one with the low s alone is taken (EIP-2), so that nobody makes another.
    """
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise ValueError("a signature has 65 bytes, of which the last is 27 or 28")
    if int.from_bytes(signature[32:64], "big") > SECPK1_N // 2:
        raise ValueError("of a signature's two forms, this is the one that is not taken")
    try:
        found = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(digest)
    except (BadSignature, EthKeysValidationError) as error:
        raise ValueError(f"nobody can have signed so ({error})") from error
    return Address(found.to_canonical_address())


def typed_data(domain: Domain, action: str, message: Message) -> dict[str, Any]:
    """What a wallet's `eth_signTypedData_v4` takes, as JSON. Integers stand in decimal digits, as text: JavaScript's
    numbers hold 53 bits. Raises ValueError as `struct_hash`.
    """
    fields = _TYPES[action]
    values = _in_order(action, message)
    types = {_DOMAIN_NAME: _DOMAIN, action: fields} | ({"Promise": FIELDS} if _holds_promise(fields) else {})
    return {
        "types": {name: [{"name": field, "type": kind} for field, kind in members] for name, members in types.items()},
        "primaryType": action,
        "domain": {
            "name": NAME,
            "version": VERSION,
            "chainId": domain.chain_id,
            "verifyingContract": show_address(domain.contract),
        },
        "message": _shown(fields, values),
    }


def promise_in_words(promise: Promise) -> dict[str, Any]:
    """The promise as it stands in a message: each field by its name."""
    return _shown(FIELDS, values_of(promise))


def _signature(name: str, fields: Fields) -> str:
    return f"{name}({','.join(f'{kind} {field}' for field, kind in fields)})"


def _holds_promise(fields: Fields) -> bool:
    return any(kind == "Promise" for _, kind in fields)


def _in_order(action: str, message: Message) -> tuple[Any, ...]:
    """The message's values in the order of the type's fields, each found to fit."""
    fields = _TYPES[action]
    if message.keys() != {name for name, _ in fields}:
        raise ValueError(f"{action} has the fields {[name for name, _ in fields]}, not {list(message)}")
    for name, kind in fields:
        # Of all strings, a matter is one of three words.
        if not (isinstance(message[name], Matter) if name == "matter" else _fits(kind, message[name])):
            raise ValueError(f"{action}'s {name} is a {kind}, which {message[name]!r} is not")
    return tuple(message[name] for name, _ in fields)


def _fits(kind: str, value: Any) -> bool:
    if kind in _KINDS:
        return isinstance(value, _KINDS[kind])
    return fits(kind, value)


_KINDS = {"Promise": Promise, "string": str, "bool": bool}


def _word(kind: str, value: Any) -> bytes:
    """A value as EIP-712 encodes it (`encodeData`), in 32 bytes."""
    if kind == "Promise":
        return promise_id(value)
    if kind == "string":
        return digest_of(IN_WORDS.get(value, value).encode())
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return bytes(value).rjust(32, b"\0")


def _shown(fields: Fields, values: tuple[Any, ...]) -> dict[str, Any]:
    return {name: _show(kind, value) for (name, kind), value in zip(fields, values, strict=True)}


def _show(kind: str, value: Any) -> Any:
    match kind:
        case "Promise":
            return promise_in_words(value)
        case "string":
            return IN_WORDS.get(value, value)
        case "bool":
            return value
        case "address":
            return show_address(value)
        case _:
            return str(value) if isinstance(value, int) else show_hex(value)
