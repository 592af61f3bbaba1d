"""What actors sign: EIP-712 messages, one type for each action, as the contract's library `Typed` has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.events import Matter
from ledger.promises import FIELDS, Promise, promise_id
from ledger.units import Address, Digest, digest_of, show_address, show_hex

NAME = "Troth"
VERSION = "1"
DOMAIN = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))

MATTERS = {Matter.MISS: "missed", Matter.FULFILMENT: "fulfilment", Matter.REMEDY: "remedy"}
"""How a wallet shows a matter."""

Fields = tuple[tuple[str, str], ...]
"""Name and type of each field."""


def _fields(declaration: str) -> Fields:
    return tuple((name, kind) for kind, name in (field.split() for field in declaration.split(", ")))


ACTIONS: dict[str, Fields] = {
    "Register": _fields("address company, bytes32 profile, string uri, uint256 nonce, uint256 deadline"),
    "Appoint": _fields(
        "address company, bytes32 delegate, uint8 actions, uint40 until, uint256 nonce, uint256 deadline"
    ),
    "Make": _fields("Promise promise"),
    "Accept": _fields("Promise promise"),
    "HandOff": _fields(
        "bytes32 actor, Promise promise, uint16 from, uint16 to, uint8 channel, uint256 nonce, uint256 deadline"
    ),
    "Amend": _fields("Promise from, Promise to"),
    "ConsentToAmend": _fields("Promise from, Promise to"),
    "Withdraw": _fields("Promise promise, bytes32 reason"),
    "ConsentToWithdraw": _fields("Promise promise, bytes32 reason"),
    "Fulfil": _fields("Promise promise, bytes32 evidence"),
    "Confirm": _fields("Promise promise, string matter, uint8 rating"),
    "Dispute": _fields("Promise promise, string matter, bytes32 reason"),
    "Answer": _fields("Promise promise, bytes32 response, uint256 nonce, uint256 deadline"),
    "Rule": _fields("Promise promise, bool upheld, bytes32 ruling, uint256 nonce, uint256 deadline"),
    "Remedy": _fields("Promise promise, uint8 kind, bytes32 remedy"),
}
"""The types that are signed. A promise stands inside each as the struct `Promise`, so that a wallet shows its terms."""


@dataclass(frozen=True, slots=True)
class Message:
    """What an actor says with its signature: an action of `ACTIONS` and a value for each of its fields, in order."""

    action: str
    values: tuple[Any, ...]

    @property
    def struct_hash(self) -> Digest:
        """EIP-712's `hashStruct`."""
        words = (_word(kind, value) for (_, kind), value in zip(ACTIONS[self.action], self.values, strict=True))
        return digest_of(type_hash(self.action) + b"".join(words))

    def digest(self, chain_id: int, contract: Address) -> Digest:
        """What is signed, for one contract on one chain."""
        return digest_of(b"\x19\x01" + domain_separator(chain_id, contract) + self.struct_hash)

    def typed_data(self, chain_id: int, contract: Address) -> dict[str, Any]:
        """The same as a wallet takes it, by `eth_signTypedData_v4`."""
        fields = ACTIONS[self.action]
        types = {self.action: fields, "EIP712Domain": DOMAIN}
        if any(kind == "Promise" for _, kind in fields):
            types["Promise"] = FIELDS
        return {
            "types": {name: [{"name": f, "type": kind} for f, kind in of] for name, of in types.items()},
            "primaryType": self.action,
            "domain": {
                "name": NAME,
                "version": VERSION,
                "chainId": chain_id,
                "verifyingContract": show_address(contract),
            },
            "message": {name: _plain(value) for (name, _), value in zip(fields, self.values, strict=True)},
        }


def type_hash(action: str) -> Digest:
    """EIP-712's `typeHash` of an action."""
    text = _declared(action, ACTIONS[action])
    return digest_of((text + _declared("Promise", FIELDS) if "Promise " in text else text).encode())


def domain_separator(chain_id: int, contract: Address) -> Digest:
    """What ties signatures to one contract on one chain (EIP-712, ERC-5267)."""
    words = [digest_of(NAME.encode()), digest_of(VERSION.encode()), _word("uint256", chain_id)]
    return digest_of(
        digest_of(_declared("EIP712Domain", DOMAIN).encode()) + b"".join(words) + _word("address", contract)
    )


def _declared(name: str, fields: Fields) -> str:
    return f"{name}({','.join(f'{kind} {field}' for field, kind in fields)})"


def _word(kind: str, value: Any) -> bytes:
    if kind == "Promise":
        return promise_id(value)
    if kind == "string":
        return digest_of((MATTERS[value] if isinstance(value, Matter) else value).encode())
    if isinstance(value, bytes):
        return value.rjust(32, b"\0")
    return int(value).to_bytes(32, "big")


def _plain(value: Any) -> Any:
    if isinstance(value, Promise):
        fields = zip((name for name, _ in FIELDS), Promise.__slots__, strict=True)
        return {name: _plain(getattr(value, attribute)) for name, attribute in fields}
    if isinstance(value, Matter):
        return MATTERS[value]
    return show_hex(value) if isinstance(value, bytes) else value
