"""The contract as the package carries it: ABI, code, and calls encoded for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from ledger.chain.node import Node
from ledger.errors import InvalidInput, Refused
from ledger.events import Matter
from ledger.outcomes import Status
from ledger.promises import Promise, packed
from ledger.units import (
    Address,
    BlockNumber,
    Digest,
    PromiseId,
    Timestamp,
    digest_of,
    parse_address,
    parse_bytes,
    show_address,
    show_hex,
    show_time,
)

_HEADS_AT_ONCE = 1000
"""Some 5 million gas, of which nodes give a call ten times as much."""

_PROMISE = "(address,bytes32,bytes32,uint256,uint256)"
_AUTH = "(bytes,bytes)"
_ONCE = "(uint256,uint256)"
_TIMES = {"deadline", "blockTime", "dueAt", "end"}
_STATUSES = {
    Status.NONE: "not on this ledger",
    Status.OPEN: "open",
    Status.SUPERSEDED: "replaced by another",
    Status.WITHDRAWN: "withdrawn",
    Status.FULFILLED: "fulfilled",
    Status.REMEDIED: "remedied",
    Status.DISPUTED: "disputed",
    Status.UPHELD: "disputed with success",
    Status.DISMISSED: "disputed without success",
    Status.CONFIRMED: "confirmed",
}
"""What a promise is, in words."""


class Auth(NamedTuple):
    """Who acts: an ERC-7913 signer and its signature."""

    signer: bytes
    signature: bytes


class Once(NamedTuple):
    """What makes a signature work once."""

    nonce: int
    deadline: Timestamp


SENDER = Auth(b"", b"")
"""Who sends the transaction acts."""

UNSIGNED = Once(0, Timestamp(0))
"""A sender's action needs no nonce: its transaction has one."""


def words_of(promise: Promise) -> tuple[Address, Digest, Digest, int, int]:
    """The promise as the contract takes it."""
    return promise.company, promise.customer, promise.terms, *packed(promise)


PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""The deterministic deployment proxy (github.com/Arachnid/deterministic-deployment-proxy), there on most chains."""

SALT = bytes(32)

LEDGER = "TrustLedger"
P256_VERIFIER = "ERC7913P256Verifier"
"""Verifies what a device's P-256 key signs; OpenZeppelin's."""
WEBAUTHN_VERIFIER = "ERC7913WebAuthnVerifier"
"""Verifies what a passkey signs; OpenZeppelin's."""


@cache
def artifact(name: str = LEDGER) -> dict[str, Any]:
    """A compiled contract as committed: `abi`, `bytecode`, `deployedBytecode`, `compiler`."""
    return cast(dict[str, Any], json.loads((files(__package__) / "artifacts" / f"{name}.json").read_bytes()))


@cache
def init_code(name: str = LEDGER) -> bytes:
    """What a transaction to the proxy creates a contract from."""
    return bytes.fromhex(artifact(name)["bytecode"][2:])


@cache
def code_hash(name: str = LEDGER) -> Digest:
    """keccak256 of the code that an account with this contract has (EIP-1052)."""
    return digest_of(bytes.fromhex(artifact(name)["deployedBytecode"][2:]))


@cache
def created_address(name: str = LEDGER) -> Address:
    """Where the proxy puts a contract, whoever deploys it and on whatever chain (EIP-1014)."""
    return Address(digest_of(b"\xff" + bytes.fromhex(PROXY[2:]) + SALT + digest_of(init_code(name)))[12:])


def register(auth: Auth, company: Address, profile: Digest, uri: str, once: Once) -> bytes:
    """Calldata of `register`."""
    return _call("register", [_AUTH, "address", "bytes32", "string", _ONCE], [auth, company, profile, uri, once])


def make(promise: Promise) -> bytes:
    """Calldata of `make`: the sender makes a promise."""
    return _call("make", [_PROMISE], [words_of(promise)])


def make_all(promises: Sequence[Promise]) -> bytes:
    """Calldata of `makeAll`: the sender makes these promises."""
    return _call("makeAll", [f"{_PROMISE}[]"], [[words_of(promise) for promise in promises]])


def make_by(auth: Auth, promise: Promise) -> bytes:
    """Calldata of `makeBy`."""
    return _call("makeBy", [_AUTH, _PROMISE], [auth, words_of(promise)])


def accept(auth: Auth, promise: Promise, salt: bytes) -> bytes:
    """Calldata of `accept`."""
    return _call("accept", [_AUTH, _PROMISE, "bytes32"], [auth, words_of(promise), salt])


def fulfil(promise: PromiseId, evidence: Digest) -> bytes:
    """Calldata of `fulfil`: the sender fulfilled a promise; with the digest of the evidence."""
    return _call("fulfil", ["bytes32", "bytes32"], [promise, evidence])


def fulfil_all(fulfilments: Sequence[tuple[PromiseId, Digest]]) -> bytes:
    """Calldata of `fulfilAll`: the sender fulfilled these promises; each with the digest of its evidence."""
    return _call("fulfilAll", ["(bytes32,bytes32)[]"], [list(fulfilments)])


def fulfil_by(auth: Auth, promise: PromiseId, evidence: Digest) -> bytes:
    """Calldata of `fulfilBy`."""
    return _call("fulfilBy", [_AUTH, "bytes32", "bytes32"], [auth, promise, evidence])


def confirm(auth: Auth, promise: Promise, salt: bytes, matter: Matter, rating: int) -> bytes:
    """Calldata of `confirm`."""
    return _call(
        "confirm",
        [_AUTH, _PROMISE, "bytes32", "uint8", "uint8"],
        [auth, words_of(promise), salt, int(matter), rating],
    )


def anchor(company: Address, head: Digest, policy: Digest, statement: Digest) -> bytes:
    """Calldata of `anchor`."""
    return _call("anchor", ["address", "bytes32", "bytes32", "bytes32"], [company, head, policy, statement])


def head_of(company: Address) -> bytes:
    """Calldata of `headOf`."""
    return _call("headOf", ["address"], [company])


def multicall(calls: list[bytes]) -> bytes:
    """Calldata that does several calls in one transaction, all or none."""
    return calls[0] if len(calls) == 1 else _call("multicall", ["bytes[]"], [calls])


def heads(node: Node, contract: Address, companies: list[Address], block: BlockNumber) -> list[Digest]:
    """`headOf` of each company, as of a block: many by one call."""
    parts = [companies[start : start + _HEADS_AT_ONCE] for start in range(0, len(companies), _HEADS_AT_ONCE)]
    calls = [_call("multicall", ["bytes[]"], [[head_of(company) for company in part]]) for part in parts]
    to, when = show_hex(contract), hex(block)
    answers = node.batch([("eth_call", [{"to": to, "data": show_hex(call)}, when]) for call in calls])
    with node.understanding("eth_call"):
        found = [Digest(head) for answer in answers for head in decode(["bytes[]"], parse_bytes(answer))[0]]
        if [len(head) for head in found] != [32] * len(companies):
            raise ValueError(f"{len(found)} heads for {len(companies)} companies")
        return found


def refusal(data: object) -> Refused | None:
    """What the contract refused an action for, given what it reverted with; None if that is no error of its ABI."""
    try:
        reverted = parse_bytes(data)
        if (error := _errors().get(reverted[:4])) is None:
            return None
        values = decode([argument["type"] for argument in error["inputs"]], reverted[4:])
        shown = [_show(argument, value) for argument, value in zip(error["inputs"], values, strict=True)]
    except (InvalidInput, DecodingError, OverflowError, ValueError):
        return None
    return Refused(error["name"], dict(zip((argument["name"] for argument in error["inputs"]), shown, strict=True)))


@cache
def _errors() -> dict[bytes, Any]:
    return {
        _selector(entry["name"], tuple(argument["type"] for argument in entry["inputs"])): entry
        for entry in artifact()["abi"]
        if entry["type"] == "error"
    }


def _show(argument: dict[str, str], value: Any) -> str:
    if argument["name"] == "status":
        return _STATUSES[Status(value)]
    if argument["name"] == "actor":
        return f"The signer whose hash is {show_hex(value)}"
    if argument["name"] in _TIMES:
        return show_time(Timestamp(value))
    if argument["type"] == "address":
        return show_address(parse_address(value))
    return show_hex(value) if isinstance(value, bytes) else str(value)


def _call(name: str, types: list[str], values: list[Any]) -> bytes:
    return _selector(name, tuple(types)) + encode(types, values)


@cache
def _selector(name: str, types: tuple[str, ...]) -> bytes:
    return digest_of(f"{name}({','.join(types)})".encode())[:4]
