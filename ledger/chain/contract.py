"""The contract as the package carries it: ABI, code, and calls encoded for it."""

from __future__ import annotations

import json
from dataclasses import astuple
from functools import cache
from importlib.resources import files
from typing import Any, cast

from eth_abi.abi import encode

from ledger.chain.node import Node
from ledger.promises import TYPES, Promise
from ledger.units import Address, BlockNumber, Digest, PromiseId, digest_of, parse_digest, show_hex

_PROMISE = f"({','.join(TYPES)})"


@cache
def artifact() -> dict[str, Any]:
    """The compiled contract as committed: `abi`, `bytecode`, `deployedBytecode`, `compiler`."""
    return cast(dict[str, Any], json.loads((files(__package__) / "TrustLedger.json").read_bytes()))


@cache
def code_hash() -> Digest:
    """keccak256 of the code that an account with our contract has (EIP-1052)."""
    return digest_of(bytes.fromhex(artifact()["deployedBytecode"][2:]))


def register(profile: Digest, uri: str) -> bytes:
    """Calldata of `register`."""
    return _call("register", ["bytes32", "string"], [profile, uri])


def make(promise: Promise) -> bytes:
    """Calldata of `make`."""
    return _call("make", [_PROMISE], [astuple(promise)])


def fulfil(promise: PromiseId, evidence: Digest) -> bytes:
    """Calldata of `fulfil`."""
    return _call("fulfil", ["bytes32", "bytes32"], [promise, evidence])


def confirm(promise: Promise, salt: bytes, rating: int) -> bytes:
    """Calldata of `confirm`."""
    return _call("confirm", [_PROMISE, "bytes32", "uint8"], [astuple(promise), salt, rating])


def multicall(calls: list[bytes]) -> bytes:
    """Calldata that does several calls in one transaction, all or none."""
    return calls[0] if len(calls) == 1 else _call("multicall", ["bytes[]"], [calls])


def heads(node: Node, contract: Address, companies: list[Address], block: BlockNumber) -> list[Digest]:
    """`headOf` of each company, as of a block."""
    answers = node.batch(
        [
            (
                "eth_call",
                [
                    {"to": show_hex(contract), "data": show_hex(_call("headOf", ["address"], [company]))},
                    hex(block),
                ],
            )
            for company in companies
        ]
    )
    with node.understanding("eth_call"):
        return [parse_digest(answer) for answer in answers]


def _call(name: str, types: list[str], values: list[Any]) -> bytes:
    return _selector(name, tuple(types)) + encode(types, values)


@cache
def _selector(name: str, types: tuple[str, ...]) -> bytes:
    return digest_of(f"{name}({','.join(types)})".encode())[:4]
